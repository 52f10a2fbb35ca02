// Package testkit holds what only tests use: generators of large input. No
// production code imports it.
//
//	data := testkit.BigSpec(1000)
package testkit
