package dossier

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"drawbridge"
)

// The types of documents that are taken. They are recognised, never believed.
const (
	mediaPDF  = "application/pdf"
	mediaPNG  = "image/png"
	mediaJPEG = "image/jpeg"
	mediaXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	mediaDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	mediaText = "text/plain"
	mediaCSV  = "text/csv"
	mediaJSON = "application/json"
	mediaPGP  = "application/pgp-signature"
	mediaCMS  = "application/pkcs7-signature"
	mediaPEM  = "application/x-pem-file"
)

// endings are the ends of file names that go with a type, the usual one first.
var endings = map[string][]string{
	mediaPDF: {".pdf"}, mediaPNG: {".png"}, mediaJPEG: {".jpg", ".jpeg"}, mediaXLSX: {".xlsx"}, mediaDOCX: {".docx"},
	mediaText: {".txt", ".md", ".log"}, mediaCSV: {".csv", ".tsv"}, mediaJSON: {".json", ".sarif"},
	mediaPGP: {".asc"}, mediaCMS: {".p7s", ".p7m"}, mediaPEM: {".pem", ".crt"},
}

const taken = "taken are PDF, PNG, JPEG, XLSX, DOCX, plain text, CSV, JSON, and signatures (ASC, P7S, PEM)"

// foreign are beginnings of what is not taken, with what to do instead.
var foreign = []struct{ begins, says string }{
	{"MZ", "it is a program"},
	{"\x7fELF", "it is a program"},
	{"\xca\xfe\xba\xbe", "it is a program"},
	{"\xcf\xfa\xed\xfe", "it is a program"},
	{"\xce\xfa\xed\xfe", "it is a program"},
	{"\x00asm", "it is a program"},
	{"#!", "it is a script"},
	{"\x1f\x8b", "it is an archive: hand in the documents themselves"},
	{"7z\xbc\xaf", "it is an archive: hand in the documents themselves"},
	{"Rar!", "it is an archive: hand in the documents themselves"},
	{"\xfd7zXZ", "it is an archive: hand in the documents themselves"},
	{"BZh", "it is an archive: hand in the documents themselves"},
	{"\x28\xb5\x2f\xfd", "it is an archive: hand in the documents themselves"},
	{"\xd0\xcf\x11\xe0", "it is in an old office format, which may hold programs: save it as PDF, XLSX or DOCX"},
	{"{\\rtf", "it is rich text, which may hold programs: save it as PDF or DOCX"},
	{"%!PS", "it is PostScript, which is a program: save it as PDF"},
	{"\xff\xfe", "it is text in UTF-16: save it as UTF-8"},
	{"\xfe\xff", "it is text in UTF-16: save it as UTF-8"},
}

// markup begins what a browser would run.
var markup = []string{"<!doctype", "<html", "<script", "<svg", "<iframe", "<?php", "<body", "<object"}

const (
	headSize = 1 << 10
	tailSize = 1 << 20 // holds the directory of any office file that people make

	maxParts    = 10_000
	maxUnpacked = 512 << 20
)

// file is a document that was kept.
type file struct {
	digest, name, media string
	size                int64
}

// keep reads a document once and keeps it, encrypted, unless it is refused.
func (d *Desk) keep(name string, r io.Reader) (file, error) {
	if r == nil {
		return file{}, invalid("there is no file: send its content")
	}
	l := &look{r: r, utf8: true}
	digest, size, err := d.door.Store().Blobs().Put(l, d.opt.MaxFile, d.door.Keys())
	switch {
	case l.refused != nil:
		return file{}, l.refused
	case l.broke != nil:
		return file{}, invalid("the file broke off before its end; send it again: %w", l.broke)
	case drawbridge.KindOf(err) == drawbridge.TooLarge:
		return file{}, drawbridge.Errorf(drawbridge.TooLarge, "the file has more than %s, the most that is accepted", drawbridge.Size(d.opt.MaxFile))
	case err != nil:
		return file{}, err
	}
	return file{digest: digest, name: SafeName(name, l.media), media: l.media, size: size}, nil
}

// look recognises what passes through it. At the end it says no in place of
// io.EOF, so that nothing is kept of what is refused.
type look struct {
	r       io.Reader
	media   string
	refused error // that it is no document that is taken
	broke   error // of the reader below

	size  int64
	head  []byte
	tail  []byte // the last tailSize bytes, or up to twice as many
	utf8  bool   // so far it may be text
	rune  []byte // begun and not ended
	words wordScan
}

// Read passes on what is read.
func (l *look) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.take(p[:n])
	switch {
	case errors.Is(err, io.EOF):
		if l.refused = l.judge(); l.refused != nil {
			return n, l.refused
		}
	case err != nil:
		l.broke = err
	}
	return n, err
}

func (l *look) take(p []byte) {
	l.size += int64(len(p))
	if room := headSize - len(l.head); room > 0 {
		l.head = append(l.head, p[:min(room, len(p))]...)
	}
	if l.tail = append(l.tail, p...); len(l.tail) > 2*tailSize {
		l.tail = append(l.tail[:0], l.tail[len(l.tail)-tailSize:]...)
	}
	l.words.take(p)
	if l.utf8 {
		l.utf8 = l.text(p)
	}
}

// text follows whether it is UTF-8 without control characters.
func (l *look) text(p []byte) bool {
	for len(l.rune) > 0 && len(p) > 0 && !utf8.FullRune(l.rune) {
		l.rune, p = append(l.rune, p[0]), p[1:]
	}
	if len(l.rune) > 0 {
		if !utf8.FullRune(l.rune) {
			return true
		}
		if r, n := utf8.DecodeRune(l.rune); r == utf8.RuneError && n == 1 {
			return false
		}
		l.rune = l.rune[:0]
	}
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && n == 1:
			if !utf8.FullRune(p) {
				l.rune = append(l.rune, p...)
				return true
			}
			return false
		case unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\f", r):
			return false
		}
		p = p[n:]
	}
	return true
}

// wordScan looks for words that decide, wherever they stand.
type wordScan struct {
	rest  []byte // the end of what was seen
	found [3]bool
}

var words = [3]string{"/JavaScript", "/Launch", "PRIVATE KEY-----"}

func (s *wordScan) take(p []byte) {
	const overlap = 16
	joint := append(s.rest, p[:min(len(p), overlap)]...)
	for i, w := range words {
		s.found[i] = s.found[i] || bytes.Contains(joint, []byte(w)) || bytes.Contains(p, []byte(w))
	}
	all := joint
	if len(p) > overlap {
		all = p
	}
	s.rest = append([]byte{}, all[max(0, len(all)-overlap):]...)
}

func refuse(format string, args ...any) error {
	return invalid("the file is refused: "+format, args...)
}

// judge says what the whole is.
func (l *look) judge() error {
	if l.size == 0 {
		return refuse("it is empty")
	}
	for _, f := range foreign {
		if bytes.HasPrefix(l.head, []byte(f.begins)) {
			return refuse("%s; %s", f.says, taken)
		}
	}
	var err error
	switch {
	case bytes.HasPrefix(l.head, []byte("%PDF-")):
		l.media, err = mediaPDF, l.pdf()
	case bytes.HasPrefix(l.head, []byte("\x89PNG\r\n\x1a\n")):
		l.media, err = mediaPNG, l.ends("\x00\x00\x00\x00IEND\xaeB`\x82")
	case bytes.HasPrefix(l.head, []byte("\xff\xd8\xff")):
		l.media, err = mediaJPEG, l.ends("\xff\xd9")
	case bytes.HasPrefix(l.head, []byte("PK\x03\x04")):
		l.media, err = l.office()
		return err
	case signedData(l.head):
		l.media = mediaCMS
	case l.utf8 && len(l.rune) == 0:
		l.media, err = l.kindOfText()
		return err
	default:
		return refuse("its type is not recognised; %s", taken)
	}
	if err != nil {
		return err
	}
	if active(l.head) || l.archive() {
		return refuse("it is of two types at once")
	}
	return nil
}

// pdf holds the end of the file to its beginning. What is compressed in it is
// not looked into: the file is only ever handed out to be kept.
func (l *look) pdf() error {
	if !bytes.Contains(l.tail[max(0, len(l.tail)-headSize):], []byte("%%EOF")) {
		return refuse("it begins as a PDF and does not end as one")
	}
	if l.words.found[0] || l.words.found[1] {
		return refuse("it holds a script or starts a program: print it into a plain PDF")
	}
	return nil
}

func (l *look) ends(with string) error {
	if !bytes.HasSuffix(l.tail, []byte(with)) {
		return refuse("it begins as a picture and does not end as one: save it again")
	}
	return nil
}

// signedData reports whether it begins as DER of CMS signed data (RFC 5652).
func signedData(head []byte) bool {
	oid := []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
	return len(head) > 2 && head[0] == 0x30 && bytes.Contains(head[:min(len(head), 32)], oid)
}

// active reports whether a browser that guesses would run it.
func active(head []byte) bool {
	low := bytes.ToLower(head)
	return slices.ContainsFunc(markup, func(m string) bool { return bytes.Contains(low, []byte(m)) })
}

// tailAt reads the end of a file as if the whole were there.
type tailAt struct {
	tail  []byte
	start int64
}

// ReadAt reads what is there.
func (t tailAt) ReadAt(p []byte, off int64) (int, error) {
	if off < t.start || off > t.start+int64(len(t.tail)) {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, t.tail[off-t.start:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (l *look) directory() (*zip.Reader, error) {
	return zip.NewReader(tailAt{l.tail, l.size - int64(len(l.tail))}, l.size)
}

// archive reports whether the end of the file reads as a zip archive.
func (l *look) archive() bool {
	_, err := l.directory()
	return err == nil
}

// office takes a zip archive that is a spreadsheet or a text document, whole:
// nothing before it and nothing behind it. It is not unpacked.
func (l *look) office() (string, error) {
	const endSize = 22 // of the end record without a comment
	if len(l.tail) < endSize {
		return "", refuse("it is a damaged archive")
	}
	end := l.tail[len(l.tail)-endSize:]
	size, offset := binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
	if !bytes.HasPrefix(end, []byte("PK\x05\x06")) || int64(size)+int64(offset)+endSize != l.size {
		return "", refuse("it is an archive with something before or behind it")
	}
	z, err := l.directory()
	if err != nil {
		return "", refuse("it is a damaged archive, or has more parts than an office file")
	}
	var unpacked uint64
	parts := map[string]bool{}
	for _, f := range z.File {
		low := strings.ToLower(f.Name)
		unpacked += min(f.UncompressedSize64, maxUnpacked)
		switch {
		case len(parts) >= maxParts || unpacked >= maxUnpacked:
			return "", refuse("it unpacks to more than an office file would")
		case parts[low] || strings.Contains(low, "..") || strings.HasPrefix(low, "/") || strings.ContainsAny(low, "\\\x00"):
			return "", refuse("it names its parts as no office file would")
		case f.Flags&1 != 0:
			return "", refuse("it is locked with a password: hand it in without one; it is kept encrypted here")
		case strings.HasSuffix(low, "vbaproject.bin") || strings.Contains(low, "/activex/") || strings.Contains(low, "/macrosheets/"):
			return "", refuse("it holds a program (macros): save it without them")
		}
		parts[low] = true
	}
	switch {
	case !parts["[content_types].xml"]:
	case parts["xl/workbook.xml"]:
		return mediaXLSX, nil
	case parts["word/document.xml"]:
		return mediaDOCX, nil
	}
	return "", refuse("it is an archive: hand in the documents themselves; %s", taken)
}

// kindOfText tells kinds of text apart.
func (l *look) kindOfText() (string, error) {
	head := bytes.TrimLeft(bytes.TrimPrefix(l.head, []byte("\xef\xbb\xbf")), " \t\r\n\f")
	end := bytes.TrimRight(l.tail, " \t\r\n\f")
	block, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("-----BEGIN ")), []byte("-----"))
	switch {
	case len(head) == 0:
		return "", refuse("it is empty")
	case head[0] == '<' || active(head):
		return "", refuse("it is HTML, SVG or other markup, which a browser would run: print it into a PDF")
	case bytes.HasPrefix(head, []byte("#!")):
		return "", refuse("it is a script; %s", taken)
	case l.words.found[2]:
		return "", refuse("it holds a private key: take it out, and replace the key, which has been sent over the network")
	case bytes.HasPrefix(head, []byte("-----BEGIN ")):
		switch string(block) {
		case "PGP SIGNATURE", "PGP MESSAGE", "PGP SIGNED MESSAGE", "PGP PUBLIC KEY BLOCK":
			return mediaPGP, nil
		case "PKCS7", "CMS":
			return mediaCMS, nil
		}
		return mediaPEM, nil
	case head[0] == '{' && end[len(end)-1] == '}', head[0] == '[' && end[len(end)-1] == ']':
		return mediaJSON, nil
	case columns(head):
		return mediaCSV, nil
	}
	return mediaText, nil
}

// columns reports whether the first lines have the same number of cells.
func columns(head []byte) bool {
	rows := bytes.SplitN(head, []byte("\n"), 3)
	if len(rows) < 2 {
		return false
	}
	for _, sep := range []string{",", ";", "\t"} {
		if n := bytes.Count(rows[0], []byte(sep)); n > 0 && n == bytes.Count(rows[1], []byte(sep)) {
			return true
		}
	}
	return false
}
