package drawbridge_test

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/seal"
)

// scriptPassword is everybody's in scripts.
const scriptPassword = "correct horse battery staple 7"

// join makes somebody a person at $SERVER with roles, and signs them in:
//
//	join ann requester    Ann takes an invitation and logs in on the command line
//
// The first of them is invited by the administrator whom join makes, root. The
// secret of a session of theirs is in NAME_SESSION, their identifier in NAME_ID.
func (s *serverScript) join(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: join NAME ROLE...")
	}
	ctx, name := s.t.Context(), args[0]
	call := func(token seal.Hidden) *client.Client {
		c, err := client.New(client.Options{URL: ts.Getenv("SERVER"), Token: token})
		ts.Check(err)
		return c
	}
	password := client.Hide(scriptPassword)
	const root = "root@drawbridge.example"
	if _, err := call(seal.Hidden{}).Setup(ctx, client.Setup{Email: root, Name: "Root", Password: password}); err != nil && drawbridge.KindOf(err) != drawbridge.Conflict {
		ts.Fatalf("%v", err)
	}
	admin, err := call(seal.Hidden{}).SignIn(ctx, client.SignIn{Email: root, Password: password})
	ts.Check(err)
	ts.Setenv("root_SESSION", admin.Secret.Reveal())
	roles := make([]drawbridge.Role, len(args)-1)
	for i, r := range args[1:] {
		roles[i] = drawbridge.Role(r)
	}
	email := name + "@drawbridge.example"
	invited, err := call(admin.Secret.Hidden).Invite(ctx, client.Invite{Email: email, Name: strings.ToUpper(name[:1]) + name[1:], Roles: roles})
	ts.Check(err)
	_, err = call(seal.Hidden{}).Accept(ctx, client.Accept{Secret: invited.Secret, Password: password})
	ts.Check(err)
	ts.Setenv(name+"_ID", string(invited.Person.ID))
	s.login(ts, name)
}

// machine makes a machine token for the integration that somebody pushed, and
// keeps its secret in a variable:
//
//	machine VARIABLE NAME ID ENVIRONMENT
func (s *serverScript) machine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: machine VARIABLE NAME ID ENVIRONMENT")
	}
	c, err := client.New(client.Options{URL: ts.Getenv("SERVER"), Token: seal.Hide(ts.Getenv(args[1] + "_SESSION"))})
	ts.Check(err)
	in, err := c.Find(s.t.Context(), client.Key{Slug: args[2], Environment: args[3]})
	ts.Check(err)
	made, err := c.CreateMachine(s.t.Context(), in.ID, client.NewToken{Name: "ci"})
	ts.Check(err)
	ts.Setenv(args[0], made.Secret.Reveal())
	ts.Setenv(args[0]+"_ID", string(in.ID))
}
