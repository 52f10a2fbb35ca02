package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/netip"
	"net/smtp"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/dial"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

// Mail says which server takes mail.
type Mail struct {
	Host     string
	Port     int    // default 587 with STARTTLS; 465 is TLS from the start
	From     string // an address, with a name or without
	User     string // empty to sign in nowhere
	Password seal.Hidden
	Roots    *x509.CertPool // nil for those of the system
}

// mailer sends mail. Off loopback it sends nothing without TLS.
type mailer struct {
	opt     Mail
	from    *mail.Address
	address string
	dial    *dial.OperatorDialer
	timeout time.Duration
}

func newMailer(opt Mail, timeout time.Duration) (*mailer, error) {
	if opt.Port == 0 {
		opt.Port = 587
	}
	from, err := mail.ParseAddress(opt.From)
	if err != nil || hostile(opt.From) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the sender of mail %q is no address; write it like drawbridge@example.org", opt.From)
	}
	if opt.Port < 1 || opt.Port > 65535 || hostile(opt.Host) || strings.ContainsAny(opt.Host, " /@") {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the mail server %q, port %d, is no host and port", opt.Host, opt.Port)
	}
	address := net.JoinHostPort(opt.Host, strconv.Itoa(opt.Port))
	return &mailer{opt: opt, from: from, address: address, dial: dial.NewOperator([]string{address}, timeout), timeout: timeout}, nil
}

// hostile finds what would end a line of a header or of the protocol.
func hostile(s string) bool { return strings.ContainsAny(s, "\r\n\x00") }

// sendMail sends a message to its person, when there is still an address.
func (n *Notify) sendMail(ctx context.Context, m *drawbridge.Message, d *drawbridge.Delivery) error {
	if n.mail == nil {
		return gone{errors.New("there is no mail server any more")}
	}
	var person *drawbridge.Person
	var wants bool
	err := n.opt.Door.Store().View(ctx, func(tx *store.Tx) (err error) {
		if person, err = tx.Person(m.Person); err != nil {
			return err
		}
		wants, err = tx.WantsMail(m.Person)
		return err
	})
	if drawbridge.KindOf(err) == drawbridge.NotFound || err == nil && (!wants || person.Email == "" || person.Disabled || person.Erased) {
		return gone{errors.New("the person takes no mail any more")}
	}
	if err != nil {
		return err
	}
	return n.mail.send(ctx, person.Email, letter{
		id: d.ID, at: m.CreatedAt, subject: Title(m.Kind), body: n.body(m),
	})
}

// body is a message in plain text: identifiers and a link.
func (n *Notify) body(m *drawbridge.Message) string {
	var b strings.Builder
	b.WriteString(Title(m.Kind) + ".\n\n")
	for _, k := range sortedKeys(m.Params) {
		fmt.Fprintf(&b, "%s: %s\n", k, m.Params[k])
	}
	if m.Link != "" {
		b.WriteString("\n" + n.opt.PublicURL + m.Link + "\n")
	}
	b.WriteString("\nYou get this because you have an account on this Drawbridge. You can switch mail off in your account.\n")
	return b.String()
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// letter is one mail.
type letter struct {
	id            string
	at            time.Time
	subject, body string
}

// compose writes a letter (RFC 5322). No text can add a header: addresses are
// parsed, the subject is encoded, and what would end a line is refused.
func (m *mailer) compose(to *mail.Address, l letter) ([]byte, error) {
	if hostile(l.id) || hostile(l.subject) || hostile(to.Address) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "a mail's header would have a line break in it; it was not sent")
	}
	_, domain, _ := strings.Cut(m.from.Address, "@")
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", m.from.String()},
		{"To", to.String()},
		{"Subject", mime.QEncoding.Encode("utf-8", l.subject)},
		{"Date", l.at.UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + strings.ReplaceAll(l.id, "/", ".") + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(l.body)); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}

// send gives a letter to the mail server.
func (m *mailer) send(ctx context.Context, address string, l letter) error {
	to, err := mail.ParseAddress(address)
	if err != nil || hostile(address) {
		return drawbridge.Errorf(drawbridge.Invalid, "the person's address is no mail address")
	}
	to.Name = ""
	text, err := m.compose(to, l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	conn, err := m.dial.DialContext(ctx, "tcp", m.address)
	if err != nil {
		return m.explain(ctx, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := m.talk(conn, loopback(conn), to.Address, text); err != nil {
		return m.explain(ctx, err)
	}
	return nil
}

// talk speaks SMTP (RFC 5321) over a connection. Only near ones may be in the clear.
func (m *mailer) talk(conn net.Conn, near bool, to string, text []byte) error {
	config := &tls.Config{ServerName: m.opt.Host, RootCAs: m.opt.Roots, MinVersion: tls.VersionTLS12}
	if m.opt.Port == 465 {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, m.opt.Host)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, secure := conn.(*tls.Conn); !secure {
		offered, _ := c.Extension("STARTTLS")
		if !offered && !near {
			return drawbridge.Errorf(drawbridge.Unavailable, "the mail server %s offers no STARTTLS, and mail is not sent in the clear", m.address)
		}
		if offered {
			if err := c.StartTLS(config); err != nil {
				return err
			}
		}
	}
	if m.opt.User != "" {
		if err := c.Auth(smtp.PlainAuth("", m.opt.User, m.opt.Password.Reveal(), m.opt.Host)); err != nil {
			return drawbridge.Errorf(drawbridge.Unavailable, "the mail server %s refused the sign-in", m.address)
		}
	}
	if err := c.Mail(m.from.Address); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // the letter is taken already
	return nil
}

func loopback(conn net.Conn) bool {
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

// explain tells what a mail server refused by its code alone: its text may
// repeat addresses.
func (m *mailer) explain(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*drawbridge.Error](err); ok {
		return e
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		told := drawbridge.Errorf(drawbridge.Unavailable, "the mail server %s answered %d", m.address, e.Code)
		if e.Code == 550 || e.Code == 551 || e.Code == 553 || e.Code == 554 {
			return refused{error: told}
		}
		return told
	}
	if t, ok := errors.AsType[net.Error](err); ctx.Err() != nil || ok && t.Timeout() {
		return drawbridge.Errorf(drawbridge.Unavailable, "the mail server %s gave no answer within %s", m.address, m.timeout)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return drawbridge.Errorf(drawbridge.Unavailable, "the certificate of the mail server %s is not valid", m.address)
	}
	return drawbridge.Errorf(drawbridge.Unavailable, "the mail server %s cannot be reached or broke off", m.address)
}
