package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drawbridge/internal/access"
	"drawbridge/internal/client"
	"drawbridge/internal/dossier"
	"drawbridge/internal/front"
	"drawbridge/internal/store"
)

// wire is a server on a socket, with partners who send as they like.
type wire struct {
	*matrix
	address string
}

func newWire(t *testing.T) *wire {
	t.Helper()
	m := newMatrix(t, "", access.Builtin(), front.Pace{Bytes: 1 << 10, Time: 300 * time.Millisecond})
	s := httptest.NewServer(m.api.Handler())
	t.Cleanup(s.Close)
	return &wire{m, strings.TrimPrefix(s.URL, "http://")}
}

const edge = "edge-of-a-part"

// around is what stands before and behind a file in a body.
func around(name string) (before, behind string) {
	before = "--" + edge + "\r\nContent-Disposition: form-data; name=\"request\"\r\nContent-Type: application/json\r\n\r\n{\"kind\":\"runbook\"}\r\n" +
		"--" + edge + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n"
	return before, "\r\n--" + edge + "--\r\n"
}

// begin sends the head of an upload that announces a size, and what follows it.
func (w *wire) begin(visit string, announced int, sends string) net.Conn {
	w.t.Helper()
	c, err := net.Dial("tcp", w.address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprintf(c, "POST /api/v1/partner/evidence HTTP/1.1\r\nHost: %s\r\nCookie: drawbridge-partner=%s\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		w.address, visit, edge, announced, sends)
	return c
}

// upload sends a whole file.
func (w *wire) upload(visit, name, content string) (status int, says string) {
	w.t.Helper()
	before, behind := around(name)
	all := before + content + behind
	return w.answer(w.begin(visit, len(all), all))
}

func (w *wire) answer(c net.Conn) (status int, says string) {
	w.t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		w.t.Fatalf("no answer: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// files lists what lies in the folder of files, and what the record names.
func (w *wire) files() (half, whole, named int) {
	w.t.Helper()
	root := w.door.Store().Blobs().Dir()
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		switch {
		case err != nil || e.IsDir():
		case filepath.Base(filepath.Dir(path)) == "tmp":
			half++
		default:
			whole++
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.door.Store().View(w.t.Context(), func(tx *store.Tx) error {
		list, err := tx.BlobsAfter("", 1000)
		named = len(list)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return half, whole, named
}

// TestSlowUploads has partners who send next to nothing: fifty at once take no
// turn from anybody else, all end soon, and nothing is left of what they sent.
func TestSlowUploads(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	slow := w.inquiry(w.mine, "open")
	before, _ := around("slow.txt")
	var stuck []net.Conn
	for range 10 { // links of one questionnaire
		_, visit := w.link(slow, "")
		for range 5 {
			stuck = append(stuck, w.begin(visit, 1<<20, before+"so far"))
		}
	}
	drip := w.begin(w.visitor(w.inquiry(w.mine, "open")).visit, 1<<20, before)
	done := make(chan struct{})
	go func() { // a byte at a time, until the other side has had enough
		defer close(done)
		for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
			if _, err := drip.Write([]byte("x")); err != nil {
				tick.Stop()
				return
			}
		}
	}()
	other := w.visitor(w.inquiry(w.other, "open"))
	if status, says := w.upload(other.visit, "plan.txt", "Call us.\n"); status != http.StatusCreated {
		t.Errorf("another partner meanwhile: %d %s", status, says)
	}
	for i, c := range append(stuck[:4:4], drip) { // the turns that a questionnaire has at once
		if status, says := w.answer(c); status != http.StatusBadRequest || !strings.Contains(says, "too slowly") {
			t.Errorf("slow upload %d: %d %s, want that it comes too slowly", i, status, says)
		}
		c.Close()
	}
	<-done
	for _, c := range stuck {
		c.Close()
	}
	_, visit := w.link(slow, "")
	if status, says := w.upload(visit, "late.txt", "Call us at once.\n"); status != http.StatusCreated {
		t.Errorf("the same questionnaire afterwards: %d %s", status, says)
	}
	if half, whole, named := w.files(); half != 0 || whole != named {
		t.Errorf("%d half files are left, and %d whole ones for %d that the record names", half, whole, named)
	}
}

// TestUploadSizes sends more and less than was announced, nothing, the most that
// is taken, and a byte more.
func TestUploadSizes(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	visit := w.visitor(w.inquiry(w.mine, "open")).visit
	before, behind := around("plan.txt")
	all := before + "Call us.\n" + behind

	c := w.begin(visit, len(all), before+"Call")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if status, says := w.answer(c); status != http.StatusBadRequest || !strings.Contains(says, "broke off") && !strings.Contains(says, "does not end") {
		t.Errorf("shorter than announced: %d %s", status, says)
	}
	if status, says := w.answer(w.begin(visit, len(before)+3, all)); status != http.StatusBadRequest || !strings.Contains(says, "broke off") {
		t.Errorf("longer than announced: %d %s", status, says)
	}
	if status, says := w.upload(visit, "empty.txt", ""); status != http.StatusBadRequest || !strings.Contains(says, "empty") {
		t.Errorf("nothing: %d %s", status, says)
	}
	const most = dossier.MaxFile
	text := strings.Repeat("A line of plain text. 0123456789\n", most/33+1)[:most]
	if status, says := w.upload(visit, "more.txt", text+"x"); status != http.StatusRequestEntityTooLarge {
		t.Errorf("one byte more than the most: %d %s", status, says)
	}
	if status, says := w.upload(visit, "most.txt", text); status != http.StatusCreated {
		t.Errorf("exactly the most: %d %s", status, says)
	}
	if half, whole, named := w.files(); half != 0 || whole != named {
		t.Errorf("%d half files are left, and %d whole ones for %d that the record names", half, whole, named)
	}
}

// TestUploadNames gives files names that mean something else where they are shown.
func TestUploadNames(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	visit := w.visitor(w.inquiry(w.mine, "open")).visit
	for name, want := range map[string]string{
		"plan\u202efdp.txt":           "planfdp.txt",
		"..%2f..%2fetc%2fpasswd":      "_2f.._2fetc_2fpasswd.txt",
		"../../etc/passwd":            "passwd.txt",
		"tab\tand\x7fdelete.txt":      "tabanddelete.txt",
		"zero\u200bwidth.txt":         "zerowidth.txt",
		"page.html":                   "page.html.txt",
		strings.Repeat("n", 400):      strings.Repeat("n", 146) + ".txt",
		"\u2066isolate\u2069.pdf.txt": "isolate.pdf.txt",
	} {
		status, says := w.upload(visit, name, "Call us, "+name+"\n")
		var got client.Offered
		if status == http.StatusCreated {
			if err := json.Unmarshal([]byte(says), &got); err != nil {
				t.Fatal(err)
			}
		}
		if status != http.StatusBadRequest && got.FileName != want {
			t.Errorf("%q: %d, kept as %q, want %q", name, status, got.FileName, want)
		}
	}
}
