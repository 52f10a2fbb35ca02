//go:build !race

package programme_test

const raced = false
