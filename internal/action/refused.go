package action

import "context"

// Refused counts a refusal that a desk decided, such as a failed sign-in, with
// those of the table.
func (d *Door) Refused(ctx context.Context, act Act) { d.note(ctx, act) }
