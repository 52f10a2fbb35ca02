package tmpprobe
import ("testing";"strings";"time";"bytes";"runtime"
 oracle "go.yaml.in/yaml/v3")
func TestX(t *testing.T){
	n := 60_000
	block := &strings.Builder{}
	for i := range 3000 { block.WriteString(strings.Repeat(" ", i) + "a:\n") }
	tests := map[string]string{
		"one long line with a comment": "a: [" + strings.Repeat("x, ", n) + "# c\n]\n",
		"empty lines in folded text":   "a: >\n  x\n" + strings.Repeat("\n", 20*n) + "  y\n",
		"open quote with line ends":    "a: \"" + strings.Repeat("x \n", 10*n),
		"folded quote":                 "a: \"" + strings.Repeat("x \n", 10*n) + "\"",
		"plain text on many lines":     "a: x\n" + strings.Repeat("  x\n", 10*n),
		"comments":                     strings.Repeat("# x\n", 10*n) + "a: b\n",
		"tails":                        "a:\n" + strings.Repeat("  - b # x\n", n),
		"nested brackets":              "a: " + strings.Repeat("[[[[[[[[x]]]],", 1) + strings.Repeat("x,", 10*n) + "]]]]",
		"empty lines":                  "a: b\n" + strings.Repeat("\n", 10*n) + "c: d\n",
		"anchors":                      "a:\n" + strings.Repeat("  - &x y\n", n),
		"escapes":                      "a: \"" + strings.Repeat("\\u00e9", n) + "\"",
		"tabs":                         "a:" + strings.Repeat("\t", 10*n) + "b\n",
		"one key many times":           strings.Repeat("a: b\n", n),
		"block text":                   "a: |\n" + strings.Repeat("  x\n", 10*n),
		"brackets 9999": strings.Repeat("[", 9990)+strings.Repeat("a,",200000),
		"brackets block": block.String(),
		"brackets many": strings.Repeat("[", 20000),
		"comments tree": "a:\n"+strings.Repeat("  # x\n\n", 10*n)+"  b: c\n",
		"comments after": "a: b\n"+strings.Repeat("  # x\n\n", 10*n),
		"comments flow": "a: [\n"+strings.Repeat("  # x\n\n", 10*n)+"]",
		"comments nest": strings.Repeat("a: # x\n # y\n", 1)+strings.Repeat("- ", 5000)+"x\n"+strings.Repeat("# z\n", 100000),
		"flow many docs": strings.Repeat("---\n", 100000),
		"maps in flow": "["+strings.Repeat("{a: b},", 200000)+"]",
		"maps open": strings.Repeat("{a: ", 9000),
		"? keys": strings.Repeat("? ", 9000),
		"dash": strings.Repeat("- ", 9000),
		"key long": strings.Repeat("a", 2000000)+": b",
		"quotes": "a: '"+strings.Repeat("''", 1000000)+"'",
		"indent comments": block.String()+strings.Repeat(" ",3000)+"x: y\n"+strings.Repeat("# z\n", 100000),
	}
	for name, src := range tests {
		runtime.GC()
		var m0,m1 runtime.MemStats; runtime.ReadMemStats(&m0)
		start := time.Now()
		var nd oracle.Node
		err := oracle.NewDecoder(bytes.NewReader([]byte(src))).Decode(&nd)
		d := time.Since(start)
		runtime.ReadMemStats(&m1)
		e := ""; if err!=nil {e=err.Error(); if len(e)>80 {e=e[:80]}}
		t.Logf("%-30s %9d bytes %8v %6.0f ns/B alloc %d MB %s", name, len(src), d.Round(time.Millisecond), float64(d)/float64(len(src)), (m1.TotalAlloc-m0.TotalAlloc)>>20, e)
	}
}
