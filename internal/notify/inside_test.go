package notify

import (
	"bufio"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"drawbridge"
)

// TestNoClearText talks to a far server that offers no STARTTLS: no word of the
// letter, of the sender or of the sign-in leaves.
func TestNoClearText(t *testing.T) {
	t.Parallel()
	m, err := newMailer(Mail{Host: "mail.example", From: "a@b.example", User: "u"}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	heard := make(chan string, 1)
	go func() {
		fmt.Fprint(there, "220 x\r\n")
		in := bufio.NewScanner(there)
		var all strings.Builder
		for in.Scan() {
			all.WriteString(in.Text() + "\n")
			fmt.Fprint(there, "250 x\r\n")
		}
		heard <- all.String()
	}()
	err = m.talk(here, false, "c@d.example", []byte("secret"))
	here.Close()
	if got := <-heard; drawbridge.KindOf(err) != drawbridge.Unavailable || !strings.Contains(err.Error(), "in the clear") || got != "EHLO localhost\n" {
		t.Errorf("talk = %v after %q, want a refusal after EHLO", err, got)
	}
}

// FuzzCompose holds every letter to the headers that were meant.
func FuzzCompose(f *testing.F) {
	f.Add("msg_1/mail", "Hello", "body\n.\n", "ann@drawbridge.example")
	f.Add("x\r\nBcc: eve@evil.example", "x\nBcc: eve@evil.example", "\r\n.\r\nRCPT TO:<eve@evil.example>", "\"a\r\nb\"@c.example")
	f.Add("msg", "Ünïcode \x00", strings.Repeat("long ", 300), "\"quoted, name\"@d.example")
	m, err := newMailer(Mail{Host: "mail.example", From: "Bridge <bridge@drawbridge.example>"}, time.Second)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id, subject, body, address string) {
		to, err := mail.ParseAddress(address)
		if err != nil {
			return
		}
		text, err := m.compose(to, letter{id: id, subject: subject, body: body})
		if err != nil {
			return
		}
		got, err := mail.ReadMessage(strings.NewReader(string(text)))
		if err != nil {
			t.Fatalf("no letter: %v\n%s", err, text)
		}
		if len(got.Header) != 9 || len(got.Header["To"]) != 1 || got.Header.Get("Bcc") != "" {
			t.Errorf("headers = %v, want nine", got.Header)
		}
		for line := range strings.SplitSeq(string(text), "\r\n") {
			if strings.ContainsAny(line, "\r\n") && !strings.Contains(body, "\r") && !strings.Contains(body, "\n") {
				t.Errorf("a bare line break in %q", line)
			}
		}
	})
}
