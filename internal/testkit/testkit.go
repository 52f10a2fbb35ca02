// Package testkit holds what only tests use: generators of large input, empty
// databases, and the program as a child that is killed amid its work. No
// production code imports it.
//
//	testkit.Databases(t, func(t *testing.T, database string) {
//		p := testkit.Start(t, exec.Command(testkit.Drawbridge(t), "serve", "--database", database))
//		p.Line("listening on (.*)")
//		p.Kill()
//	})
package testkit
