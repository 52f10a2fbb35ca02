// Command evalcat measures the data-category classifier against fields of real
// specifications that people labelled by reading. It is not a test: it prints
// figures with their intervals, and docs/evaluation-categories.md says what
// they mean. It also draws the sample that is labelled.
//
//	evalcat --specs DIR
//	evalcat sample --specs DIR
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
