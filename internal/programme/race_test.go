//go:build race

package programme_test

const raced = true // what is measured takes many times longer
