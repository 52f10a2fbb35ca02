package dossier_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"drawbridge"
	"drawbridge/internal/dossier"
)

// zipped makes an archive of parts, each with a name as its content.
func zipped(t testing.TB, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		f, err := w.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// bomb is a spreadsheet of a few hundred kilobytes that unpacks to 600 MiB.
func bomb(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range []string{"[Content_Types].xml", "xl/workbook.xml"} {
		f, err := w.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(f, io.LimitReader(zeros{}, 300<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestFilesAreRecognised(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	sheet := zipped(t, "[Content_Types].xml", "xl/workbook.xml", "xl/embeddings/report.zip")
	png := "\x89PNG\r\n\x1a\n" + "data" + "\x00\x00\x00\x00IEND\xaeB`\x82"
	for _, c := range []struct{ name, content, media, says string }{
		{"pdf", report, "application/pdf", ""},
		{"png", png, "image/png", ""},
		{"jpeg", "\xff\xd8\xff\xe0data\xff\xd9", "image/jpeg", ""},
		{"sheet with an archive in it", sheet, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ""},
		{"document", zipped(t, "[Content_Types].xml", "word/document.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""},
		{"text", "Grüße\nan <alle>\n", "text/plain", ""},
		{"csv", "name,value\na,1\n", "text/csv", ""},
		{"json", `{"a": [1]}` + "\n", "application/json", ""},
		{"signature", "-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n", "application/pgp-signature", ""},
		{"certificate", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", "application/x-pem-file", ""},
		{"signed data", "\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0", "application/pkcs7-signature", ""},

		{"nothing", "", "", "it is empty"},
		{"html", " \n<!DOCTYPE html><script>alert(1)</script>", "", "markup"},
		{"html behind a mark", "\xef\xbb\xbf<html>", "", "markup"},
		{"svg", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`, "", "markup"},
		{"text with a script early on", "x <script>alert(1)</script>", "", "markup"},
		{"shell", "#!/bin/sh\nrm -rf /\n", "", "script"},
		{"windows program", "MZ\x90\x00", "", "program"},
		{"linux program", "\x7fELF\x02", "", "program"},
		{"gzip", "\x1f\x8b\x08\x00", "", "archive"},
		{"plain zip", zipped(t, "a.txt"), "", "archive"},
		{"old office", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", "old office"},
		{"rich text", `{\rtf1 hello}`, "", "rich text"},
		{"macros", zipped(t, "[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "", "macros"},
		{"parts that climb", zipped(t, "[Content_Types].xml", "xl/workbook.xml", "../../x"), "", "names its parts"},
		{"bomb", bomb(t), "", "unpacks"},
		{"archive behind a pdf", report + zipped(t, "a.txt"), "", "two types"},
		{"archive behind a picture", png[:12] + zipped(t, "a.txt"), "", "does not end"},
		{"something before a sheet", "PK\x03\x04" + sheet, "", "before or behind"},
		{"something behind a sheet", sheet + "x", "", "before or behind"},
		{"page in a pdf", "%PDF-1.7\n<html><script>1</script>\n%%EOF", "", "two types"},
		{"pdf with a script", "%PDF-1.7\n1 0 obj<</S/JavaScript>>\n%%EOF", "", "holds a script"},
		{"pdf that starts a program", "%PDF-1.7\n<</S/Launch>>\n%%EOF", "", "holds a script"},
		{"half a pdf", "%PDF-1.7\n", "", "does not end"},
		{"private key", "-----BEGIN RSA PRIVATE KEY-----\nx\n", "", "private key"},
		{"control characters", "a\x00b", "", "not recognised"},
		{"not utf-8", "caf\xe9", "", "not recognised"},
		{"broken at the end", "caf\xc3", "", "not recognised"},
		{"utf-16", "\xff\xfea\x00", "", "UTF-16"},
	} {
		for how, reader := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
			if how != "whole" && len(c.content) > 10_000 {
				continue
			}
			e, err := r.Offer(t.Context(), r.ann, dossier.Offer{Integration: r.in.ID, Kind: "runbook", Name: c.name, Content: reader(strings.NewReader(c.content))})
			switch {
			case c.says == "" && (err != nil || e.MediaType != c.media):
				t.Errorf("%s, %s: %q %v, want %q", c.name, how, e.MediaType, err, c.media)
			case c.says != "" && (drawbridge.KindOf(err) != drawbridge.Invalid || !strings.Contains(err.Error(), c.says)):
				t.Errorf("%s, %s: %v, want a refusal that says %q", c.name, how, err, c.says)
			}
		}
	}
}

func TestSafeName(t *testing.T) {
	t.Parallel()
	const pdf = "application/pdf"
	for given, want := range map[string]string{
		"report.pdf":               "report.pdf",
		"Report.PDF":               "Report.PDF",
		"../../etc/passwd":         "passwd.pdf",
		`C:\Users\x\report.pdf`:    "report.pdf",
		"report.pdf.exe":           "report.pdf.exe.pdf",
		"ann\u202efdp.exe":         "annfdp.exe.pdf",
		"a\r\nSet-Cookie: x.pdf":   "aSet-Cookie_ x.pdf",
		`"; filename="x.html`:      "__ filename=_x.html.pdf",
		"":                         "document.pdf",
		"...":                      "document.pdf",
		"CON.pdf":                  "document_CON.pdf",
		"Bericht über Prüfung.pdf": "Bericht über Prüfung.pdf",
		strings.Repeat("ü", 300):   strings.Repeat("ü", 73) + ".pdf",
		"bad\xffutf.pdf":           "bad_utf.pdf",
	} {
		if got := dossier.SafeName(given, pdf); got != want {
			t.Errorf("SafeName(%q) = %q, want %q", given, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	f.Add("../x\u202e.exe", "text/plain")
	f.Fuzz(func(t *testing.T, name, media string) {
		got := dossier.SafeName(name, media)
		if strings.ContainsAny(got, "/\\\r\n\x00\"") || len(got) > 170 || dossier.SafeName(got, media) == "" {
			t.Errorf("SafeName(%q) = %q", name, got)
		}
	})
}
