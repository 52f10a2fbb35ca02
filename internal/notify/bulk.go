package notify

import (
	"context"
	"net/url"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/programme"
)

// Marks is how many messages are chosen and marked at once.
func (n *Notify) Marks() programme.Marks {
	return programme.Marks{
		Set: func(ctx context.Context, actor access.Actor, id drawbridge.MessageID, read bool) error {
			if read {
				return n.MarkRead(ctx, actor, Reading{ID: id})
			}
			return n.MarkUnread(ctx, actor, id)
		},
		Find: n.fitting,
	}
}

// fitting are the actor's own messages that a filter fits, newest first.
func (n *Notify) fitting(ctx context.Context, actor access.Actor, q url.Values, limit int) (out []drawbridge.MessageID, err error) {
	in := InboxQuery{Kind: q.Get("kind"), About: q.Get("about"), Unread: q.Get("unread") != "", Limit: maxList}
	for len(out) < limit {
		list, err := n.Inbox(ctx, actor, in)
		if err != nil {
			return nil, err
		}
		for i := range list {
			out = append(out, list[i].ID)
			in.Below = list[i].ID
		}
		if len(list) < maxList {
			break
		}
	}
	return out[:min(len(out), limit)], nil
}
