package seal_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"drawbridge/internal/seal"
)

const canary = "canary-7f3d1a"

func TestHiddenIsNotPrinted(t *testing.T) {
	t.Parallel()
	type inner struct {
		Shown  seal.Hidden
		Ref    *seal.Hidden
		quiet  seal.Hidden // fmt calls no method of an unexported field
		quietP *seal.Hidden
		list   []seal.Hidden
	}
	h := seal.Hide(canary)
	values := map[string]any{
		"value": h, "pointer": &h, "list": []seal.Hidden{h}, "map": map[string]seal.Hidden{"k": h},
		"any": []any{h, &h}, "struct": inner{h, &h, h, &h, []seal.Hidden{h}}, "struct pointer": &inner{h, &h, h, &h, []seal.Hidden{h}},
		"error": fmt.Errorf("log in with %v: %w", h, errors.New("refused")),
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for verb := range strings.SplitSeq("%v %+v %#v %s %q %x %X %d %o %b %c %U %e %f %g %t %p %T %10.3s %-5v %z", " ") {
				got := fmt.Sprintf(verb, v)
				if leaks(got) {
					t.Errorf("Sprintf(%q) = %q", verb, got)
				}
			}
			for printer, print := range map[string]func(any) ([]byte, error){"json": json.Marshal, "yaml": yaml.Marshal, "text log": logged(false), "json log": logged(true)} {
				if got, err := print(v); err != nil || leaks(string(got)) {
					t.Errorf("%s: %s, %v", printer, got, err)
				}
			}
		})
	}
}

func leaks(s string) bool {
	return strings.Contains(s, canary) || strings.Contains(strings.ToLower(s), fmt.Sprintf("%x", canary))
}

func logged(asJSON bool) func(any) ([]byte, error) {
	return func(v any) ([]byte, error) {
		var b bytes.Buffer
		var handler slog.Handler = slog.NewTextHandler(&b, nil)
		if asJSON {
			handler = slog.NewJSONHandler(&b, nil)
		}
		slog.New(handler).With(slog.Any("with", v)).Info("said", slog.Any("value", v), slog.Group("group", slog.Any("inner", v)))
		return b.Bytes(), nil
	}
}

func TestHiddenPrintsItsMask(t *testing.T) {
	t.Parallel()
	h := seal.Hide(canary)
	asJSON, _ := json.Marshal(map[string]any{"H": h})
	asXML, _ := xml.Marshal(h)
	log, _ := logged(false)(h)
	for got, want := range map[string]string{
		h.String(): "[hidden]", h.GoString(): "[hidden]", h.LogValue().String(): "[hidden]",
		fmt.Sprintf("%v %+v %#v %x %10d", h, h, h, h, h): "[hidden] [hidden] [hidden] [hidden] [hidden]",
		fmt.Sprintf("%+v", struct{ H seal.Hidden }{h}):   "{H:[hidden]}",
		string(asJSON): `{"H":"[hidden]"}`, string(asXML): "<Hidden>[hidden]</Hidden>",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if !strings.Contains(string(log), "value=[hidden]") {
		t.Errorf("the log says %s", log)
	}
}

func TestHiddenEqual(t *testing.T) {
	t.Parallel()
	var none seal.Hidden
	for _, tt := range []struct {
		a, b seal.Hidden
		want bool
	}{
		{seal.Hide("a"), seal.Hide("a"), true},
		{seal.Hide("a"), seal.Hide("b"), false},
		{seal.Hide("a"), seal.Hide("ab"), false},
		{none, seal.Hide(""), true},
		{none, seal.Hide("a"), false},
	} {
		if got := tt.a.Equal(tt.b); got != tt.want {
			t.Errorf("Equal(%q, %q) = %v, want %v", tt.a.Reveal(), tt.b.Reveal(), got, tt.want)
		}
	}
	if !none.Empty() || seal.Hide("a").Empty() || none.Reveal() != "" {
		t.Error("Empty and Reveal disagree about the zero value")
	}
}

func TestHiddenIsRead(t *testing.T) {
	t.Parallel()
	var v struct {
		Password seal.Hidden `json:"password"`
	}
	if err := json.Unmarshal([]byte(`{"password":"`+canary+`"}`), &v); err != nil || v.Password.Reveal() != canary {
		t.Errorf("read %q, %v", v.Password.Reveal(), err)
	}
	printed, _ := json.Marshal(v)
	if err := json.Unmarshal(printed, &v); err == nil {
		t.Errorf("%s was read as a secret", printed)
	}
}
