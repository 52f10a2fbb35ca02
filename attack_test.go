package drawbridge_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
)

// TestSlowCallers holds many connections that never end their request. Others are
// answered meanwhile, and the server ends those by itself.
func TestSlowCallers(t *testing.T) {
	t.Parallel()
	in := install(t, "", nil)
	address := strings.TrimPrefix(in.url, "http://")
	var slow []net.Conn
	for range 200 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET /api/v1/health HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, conn)
	}
	if got, err := in.client(client.Hide("").Hidden).Health(t.Context()); err != nil || got.Status != "ok" {
		t.Fatalf("beside slow callers the server answers %v, %v", got, err)
	}
	start := time.Now()
	for _, conn := range slow {
		if err := conn.SetReadDeadline(start.Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); err != nil {
			t.Fatalf("a slow caller is still there after %v: %v", time.Since(start), err)
		}
	}
}

// TestSlowFiles has Mallory begin as many large pushes as the server takes at
// once, and end none. Ann pushes, and pulls her files meanwhile, which takes a turn too.
func TestSlowFiles(t *testing.T) {
	t.Parallel()
	in := install(t, "", nil)
	admin := in.administrator(scriptPassword)
	in.person(admin, "mallory", scriptPassword, drawbridge.Requester)
	ann := in.person(admin, "ann", scriptPassword, drawbridge.Requester)
	secret := in.secret("mallory")
	for range 8 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(in.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = fmt.Fprintf(conn, "POST /api/v1/revisions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 99999999\r\n\r\n--x\r\n", secret)
		if err != nil {
			t.Fatal(err)
		}
	}
	pushed := in.push(ann, "ann-labels")
	if _, err := ann.Pull(t.Context(), client.ByRevision{ByID: client.ByID{ID: string(pushed.Integration.ID)}, Revision: "head"}); err != nil {
		t.Fatal(err)
	}
}

// TestTooMuch sends what is too large, too deep and too many, and holds the server
// to a clear answer and to little memory.
func TestTooMuch(t *testing.T) {
	t.Parallel()
	in := install(t, "", nil)
	admin := in.administrator(scriptPassword)
	in.person(admin, "mallory", scriptPassword, drawbridge.Requester)
	secret := in.secret("mallory")
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n" +
		"e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
	many := manifest.Files{}
	for i := range manifest.MaxFiles + 1 {
		many[fmt.Sprintf("f%d.yaml", i)] = []byte("x")
	}
	many["integration.yaml"] = []byte("x")
	for name, files := range map[string]manifest.Files{
		"a bomb": {"integration.yaml": []byte(bomb)}, "deep": {"integration.yaml": []byte(strings.Repeat("[", 100_000))},
		"deep maps": {"integration.yaml": []byte(strings.Repeat("{a: ", 100_000))}, "many": many,
		"large": {"integration.yaml": bytes.Repeat([]byte("x"), manifest.MaxFileBytes+1)},
	} {
		body, media, err := client.Push{Main: "integration.yaml", Files: files}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if status, text := in.post(secret, "/api/v1/revisions", media, bytes.NewReader(body)); status != 400 && status != 413 {
			t.Errorf("%s: %d %.300s", name, status, text)
		}
	}
	for name, body := range map[string]string{
		"large": `{"name": "` + strings.Repeat("x", 2<<20) + `"}`, "deep": `{"name": ` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + `}`,
		"keys": `{"name": "x"` + strings.Repeat(`, "a": 1`, 100_000) + `}`, "number": `{"name": ` + strings.Repeat("9", 500_000) + `}`,
	} {
		if status, text := in.post(secret, "/api/v1/tokens", "application/json", strings.NewReader(body)); status != 400 && status != 413 {
			t.Errorf("%s: %d %.300s", name, status, text)
		}
	}
	if _, err := in.client(client.Hide(secret).Hidden).Me(t.Context()); err != nil {
		t.Errorf("after all of it: %v", err)
	}
}

func (in *installation) post(secret, path, media string, body io.Reader) (int, string) {
	in.t.Helper()
	req, err := http.NewRequestWithContext(in.t.Context(), http.MethodPost, in.url+path, body)
	if err != nil {
		in.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Content-Type", media)
	resp, err := stranger().Do(req)
	if err != nil {
		in.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		in.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
