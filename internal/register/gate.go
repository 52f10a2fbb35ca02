package register

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/policy"
	"drawbridge/internal/store"
)

// BasisAdvice says that nobody decided: the answer is the server's own
// assessment. It is the only basis until there are decisions.
const BasisAdvice = "advice"

// GateAnswer is what the server's own gate says about exactly one digest.
type GateAnswer struct {
	Integration drawbridge.IntegrationID `json:"integration"`
	Digest      string                   `json:"digest"` // content digest that was asked about
	Known       bool                     `json:"known"`  // a revision has the digest
	Superseded  bool                     `json:"superseded"`
	Outdated    bool                     `json:"outdated"` // the server's packs changed since
	Revision    drawbridge.RevisionID    `json:"revision"` // of that digest; empty when not known
	Number      int64                    `json:"number"`
	Outcome     drawbridge.Outcome       `json:"outcome"`
	Reasons     []policy.Reason          `json:"reasons"`
	Tier        drawbridge.Tier          `json:"tier"`
	Inherent    float64                  `json:"inherent"`
	Residual    float64                  `json:"residual"`
	Packs       []policy.PackRef         `json:"packs"`
	Assessment  drawbridge.AssessmentID  `json:"assessment"`
	AssessedAt  time.Time                `json:"assessed_at"`
	Basis       string                   `json:"basis"`
}

// Gate asks the server's own gate about a content digest. Only the head of an
// integration can pass: for a digest that no revision has, and for one that a
// later revision replaced, the answer is no.
func (d *Desk) Gate(ctx context.Context, actor access.Actor, ref Ref, digest string) (GateAnswer, error) {
	var out GateAnswer
	err := d.view(ctx, actor, access.IntegrationRead, ref, func(tx *store.Tx, in *drawbridge.Integration) error {
		rev, err := tx.RevisionByContent(in.ID, digest)
		if err != nil && drawbridge.KindOf(err) != drawbridge.NotFound {
			return err
		}
		a, err := tx.Assessment(in.Assessment)
		if err != nil {
			return err
		}
		out, err = d.Advice(in, rev, a, digest)
		return err
	})
	return out, err
}

// Advice is [Desk.Gate] by the latest revision that has the digest, nil for none,
// and the assessment of the head.
func (d *Desk) Advice(in *drawbridge.Integration, rev *drawbridge.Revision, a *drawbridge.Assessment, digest string) (GateAnswer, error) {
	out := GateAnswer{Integration: in.ID, Digest: digest, Outcome: drawbridge.NoGo, Reasons: []policy.Reason{}, Packs: []policy.PackRef{}, Basis: BasisAdvice}
	ws, err := d.workspace()
	if err != nil {
		return out, err
	}
	if rev == nil {
		out.refuse("not-held", "The server holds no revision with this digest; push it.")
		return out, nil
	}
	out.Known, out.Revision, out.Number = true, rev.ID, rev.Number
	if rev.ID != in.Head {
		out.Superseded = true
		out.refuse("superseded", fmt.Sprintf("Revision %d has this digest, and revision %d replaced it; pull it, or push yours again with a reason.", rev.Number, in.Revisions))
		return out, nil
	}
	return out, out.judge(in, a, ws.Packs())
}

func (g *GateAnswer) refuse(rule, text string) {
	g.Reasons = append(g.Reasons, policy.Reason{Rule: rule, Outcome: drawbridge.NoGo, Text: text})
}

// judge tells the latest assessment of the head.
func (g *GateAnswer) judge(in *drawbridge.Integration, a *drawbridge.Assessment, packs []policy.PackRef) error {
	if a.Revision != in.Head || a.Content != g.Digest {
		return fmt.Errorf("assessment %s is of revision %s, not of the head %s", a.ID, a.Revision, in.Head)
	}
	var gate policy.Gate
	if err := json.Unmarshal(a.Gate, &gate); err != nil {
		return fmt.Errorf("read the gate of %s: %w", a.ID, err)
	}
	if err := json.Unmarshal(a.Packs, &g.Packs); err != nil {
		return fmt.Errorf("read the packs of %s: %w", a.ID, err)
	}
	g.Outcome, g.Reasons, g.Tier, g.Inherent, g.Residual = a.Outcome, append(g.Reasons, gate.Reasons...), a.Tier, a.Inherent, a.Residual
	g.Assessment, g.AssessedAt = a.ID, a.AsOf
	if g.Outdated = !slices.EqualFunc(g.Packs, packs, samePack); g.Outdated {
		if g.Outcome == drawbridge.Go {
			g.Outcome = drawbridge.Conditional
		}
		g.Reasons = append(g.Reasons, policy.Reason{
			Rule: "packs", Outcome: drawbridge.Conditional, Text: "The server's packs changed since the assessment; have it assessed again.",
		})
	}
	return nil
}

func samePack(a, b policy.PackRef) bool {
	return a.Name == b.Name && a.Kind == b.Kind && a.Digest == b.Digest
}
