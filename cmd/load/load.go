package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"drawbridge"
	"drawbridge/internal/client"
)

type options struct {
	Server, Metrics string
	People          int
	Think, Duration time.Duration
	Seed            uint64
	Credentials     []credentials
	Now             func() time.Time
}

type credentials struct {
	Email    string            `json:"email"`
	Roles    []drawbridge.Role `json:"roles"`
	Password string            `json:"password"`
}

// load runs the people against the server.
func load(ctx context.Context, opt options) (*report, error) {
	if len(opt.Credentials) == 0 {
		return nil, errors.New("the file of passwords names nobody")
	}
	people := make([]*person, opt.People)
	for i := range people {
		p, err := newPerson(ctx, opt, i)
		if err != nil {
			return nil, fmt.Errorf("sign in as %s: %w", opt.Credentials[i%len(opt.Credentials)].Email, err)
		}
		defer p.Close()
		people[i] = p
	}
	before, err := queries(ctx, opt.Metrics)
	if err != nil {
		return nil, err
	}
	s := &samples{by: map[string]*sample{}}
	work, cancel := context.WithTimeout(ctx, opt.Duration)
	defer cancel()
	start := opt.Now()
	var all sync.WaitGroup
	for _, p := range people {
		all.Go(func() { p.work(work, s) })
	}
	all.Wait()
	took := opt.Now().Sub(start)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	after, err := queries(ctx, opt.Metrics)
	if err != nil {
		return nil, err
	}
	return newReport(opt, s, took, before, after), nil
}

// person is one virtual person. Everything in it belongs to one goroutine.
type person struct {
	*client.Client

	opt     options
	rand    *rand.Rand
	who     credentials
	token   client.Secret
	proved  time.Time
	ops     []op // what the roles allow
	weight  int  // of all of ops
	known   []drawbridge.Integration
	reviews []drawbridge.Review
	tokens  int
}

func newPerson(ctx context.Context, opt options, i int) (*person, error) {
	p := &person{opt: opt, rand: rand.New(rand.NewPCG(opt.Seed, uint64(i))), who: opt.Credentials[i%len(opt.Credentials)]} //nolint:gosec // made-up work, repeatable by its seed
	for _, o := range slices.Concat(mix, reviews, pages) {
		if o.may == nil || has(p.who.Roles, o.may) {
			p.ops = append(p.ops, o)
			p.weight += o.weight
		}
	}
	c, err := p.connect(client.Secret{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	in, err := c.SignIn(ctx, client.SignIn{Email: p.who.Email, Password: client.Hide(p.who.Password)})
	if err != nil {
		return nil, err
	}
	return p, p.use(in.Secret)
}

// connect makes a client that tries once: every failure counts.
func (p *person) connect(token client.Secret) (*client.Client, error) {
	return client.New(client.Options{URL: p.opt.Server, Token: token.Hidden, UserAgent: "drawbridge-load", Attempts: 1, Timeout: time.Minute})
}

// use goes on with a session's secret.
func (p *person) use(token client.Secret) error {
	c, err := p.connect(token)
	if err != nil {
		return err
	}
	if p.Client != nil {
		p.Close()
	}
	p.Client, p.token, p.proved = c, token, p.opt.Now()
	return nil
}

// work does one thing after another until the time is up. What is under way
// then is finished, and counts.
func (p *person) work(ctx context.Context, s *samples) {
	pause := time.Duration(p.rand.Float64() * float64(p.opt.Think))
	for rest(ctx, pause) {
		o := p.choose()
		if err := o.do(context.WithoutCancel(ctx), p, s); err != nil && !errors.Is(err, errCounted) {
			s.add(o.name, o.write, 0, err) // it could not even be tried
		}
		pause = min(time.Duration(p.rand.ExpFloat64()*float64(p.opt.Think)), 10*p.opt.Think)
	}
}

func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}

// choose picks from the mix, by weight.
func (p *person) choose() op {
	n := p.rand.IntN(p.weight)
	for _, o := range p.ops {
		if n -= o.weight; n < 0 {
			return o
		}
	}
	return p.ops[0]
}

// some is an integration that the person knows.
func (p *person) some(ctx context.Context, s *samples) (drawbridge.Integration, error) {
	if len(p.known) == 0 {
		if err := list(ctx, p, s); err != nil {
			return drawbridge.Integration{}, err
		}
	}
	if len(p.known) == 0 {
		return drawbridge.Integration{}, errNothing
	}
	return p.known[p.rand.IntN(len(p.known))], nil
}
