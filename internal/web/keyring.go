package web

import (
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"drawbridge/internal/access"
	"drawbridge/internal/seal"
	"drawbridge/internal/web/view"
)

// keyUses are the purposes of keys, and what each protects.
var keyUses = []view.AdminUse{
	{Value: string(seal.PurposeSign), Name: "Signing", Protects: "checkpoints of the log, and approvals", Replaced: "What the old one signed stays valid: both keys sign the change, so that whoever trusts the old one can follow."},
	{Value: string(seal.PurposeEncrypt), Name: "Encryption", Protects: "files, reasons and values of the log, secrets of webhooks, second factors", Replaced: "What the old one sealed stays readable; what comes is sealed with the new one."},
	{Value: string(seal.PurposeMAC), Name: "Codes", Protects: "places in lists that the API hands out, against being made up", Replaced: "Places that were handed out before still count."},
}

const keyAge = 366 * 24 * time.Hour

func (p *page) keyring() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Keys", "What signs and seals the record: how old each key is, and what it protects."
	p.wrong()
	list, err := p.web.opt.Custody.Keys(p.R.Context(), p.Actor)
	if err != nil {
		return nil, err
	}
	out := view.AdminKeys{Now: p.now, May: p.may(access.KeyRotate), Log: p.may(access.LogRead), Purpose: p.said("purpose"), Reason: p.said("reason"), Uses: keyUses}
	for _, k := range list {
		row := view.AdminKey{
			ID: k.ID, For: string(k.Purpose), State: string(k.State), Active: k.State == seal.StateActive, Made: k.Created, Fingerprint: k.Fingerprint, Public: k.Public,
		}
		row.Old = row.Active && p.now.Sub(k.Created) > keyAge
		if i := slices.IndexFunc(keyUses, func(u view.AdminUse) bool { return u.Value == string(k.Purpose) }); i >= 0 {
			row.For = keyUses[i].Name
		}
		out.Rows = append(out.Rows, row)
	}
	slices.SortStableFunc(out.Rows, func(a, b view.AdminKey) int {
		if a.Active != b.Active {
			if a.Active {
				return -1
			}
			return 1
		}
		return b.Made.Compare(a.Made)
	})
	return view.AdminKeysPage(out), nil
}

func (p *page) doRotateKey() (string, error) {
	if strings.TrimSpace(p.said("reason")) == "" {
		return "", errWhy()
	}
	_, err := p.web.opt.Custody.RotateKey(p.R.Context(), p.Actor, seal.Purpose(p.said("purpose")), p.said("reason"))
	return "/keys?done=key-replaced", err
}
