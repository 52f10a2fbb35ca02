package store

import "drawbridge"

// AddWebhook writes a new webhook.
func (tx *Tx) AddWebhook(w *drawbridge.Hook) error { return webhooks.insert(tx, w) }

// SetWebhook writes a webhook over the version that was read.
func (tx *Tx) SetWebhook(w *drawbridge.Hook) error { return webhooks.update(tx, w) }

// RemoveWebhook deletes a webhook.
func (tx *Tx) RemoveWebhook(id drawbridge.WebhookID) error { return webhooks.remove(tx, string(id)) }

// Webhook reads a webhook.
func (tx *Tx) Webhook(id drawbridge.WebhookID) (*drawbridge.Hook, error) {
	return webhooks.get(tx, string(id))
}

// WebhooksAfter lists webhooks in the order of their identifiers.
func (tx *Tx) WebhooksAfter(after drawbridge.WebhookID, limit int) ([]drawbridge.Hook, error) {
	return webhooks.find(tx, "id > ? ORDER BY id LIMIT ?", string(after), limit)
}
