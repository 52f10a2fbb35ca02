package api

// authenticate finds out who asks, and whether they ask too often.
func (c *call) authenticate() error {
	if c.route.Has(Loopback) && !c.Loopback() {
		return noSuchAddress()
	}
	if err := c.SameSite(); err != nil {
		return err
	}
	if c.route.Has(Partner) {
		return c.Visit()
	}
	return c.Recognise(c.route.Has(Public))
}
