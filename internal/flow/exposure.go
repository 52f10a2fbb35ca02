package flow

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// The scales of an exposure. Each stops at a greatest value, and that is what
// an unanswered question counts as.
const (
	maxRecords    = 7.0    // ten million records a day and more
	maxRecipients = 8      // onward recipients; more count no further
	maxKeptDays   = 3650.0 // ten years
	maxAbroad     = 4      // countries outside the origin; more count no further
)

// The reach of a data element: how many learn something new by it.
const (
	reachPartner = 1.0 // it goes to the partner
	reachUs      = 0.5 // the partner holds it already; now we do too
	reachInside  = 0.1 // it stays with us
)

// reach returns the reach of a data element at that part of the exchange.
func (e Edge) reach(at drawbridge.At) float64 {
	switch {
	case e.Interface == "":
		return reachInside
	case e.ToPartner(at):
		return reachPartner
	default:
		return reachUs
	}
}

// expose computes the exposure of one flow:
//
//	points = sensitivity x records x recipients x retention x region
//
//	sensitivity  sum over the elements that cross of weight(level) x rest x
//	             reach; weight 0, 1, 3, 10, 30 for levels 0 to 4 after the
//	             transform; rest is what the transform leaves, 1 for none;
//	             reach 1 towards the partner, 0.5 from the partner, 0.1 inside
//	records      log10(10 + records a day), 1 to 7
//	recipients   1 + n/4 for n onward recipients, 1 to 3
//	retention    1 + 2 x sqrt(days/3650), 1 (not kept) to 3 (ten years)
//	region       1 + n/4 for n countries outside the origin, 1 to 2
//
// What nobody answered counts as the greatest value of its factor, and is
// listed in Assumed. Flows without data elements count as one unknown element.
// A flow that stays with us has no receiver: its last three factors are 1.
//
// Worked example: an e-mail address (level 2, weight 3) and a masked card
// number (level 4, masked 3, weight 10, of which a mask leaves 0.7) go to the
// partner: sensitivity 10. With 20,000 records a day (4.30), one sub-processor
// (1.25), 400 days (1.66) and one country abroad (1.25):
// 10 x 4.30 x 1.25 x 1.66 x 1.25 = 112 points. Without the mask the card number
// weighs 30, sensitivity is 33, raw points are 369: the mask saves 70 %. With
// an HMAC of the address (1.5) and a token for the number (1.5) sensitivity
// would be 3, and points 34: 70 % less again.
func expose(f *manifest.Flow, e Edge, els []element) Exposure {
	x := Exposure{Factors: make([]Factor, 1, 5)}
	context := 1.0
	for i, g := range []func(*manifest.Flow) (Factor, string){records, recipients, retention, region} {
		factor, assumed := g(f)
		if i > 0 && e.Interface == "" {
			factor.Input, factor.Value, assumed = "stays with us", 1, ""
		}
		context *= factor.Value
		factor.Value = round(factor.Value)
		x.Factors = append(x.Factors, factor)
		if assumed != "" {
			x.Assumed = append(x.Assumed, assumed)
		}
	}
	declared, raw, minimal := sensitivity(e, els)
	unknown, count := 0, [len(weights)]int{}
	for _, el := range els {
		switch {
		case !el.crosses:
		case el.level == drawbridge.LevelUnknown:
			unknown++
		default:
			count[el.level.Worst()]++
		}
	}
	if len(els) == 0 {
		x.Assumed = append(x.Assumed, "no data elements are declared: counted as one restricted element")
	}
	if unknown > 0 {
		x.Assumed = append(x.Assumed, fmt.Sprintf("%s without a category: counted as restricted", plural(unknown, "element")))
	}
	x.Factors[0] = Factor{Name: "sensitivity", Input: levelInput(count, unknown), Value: round(declared)}
	x.Points, x.Raw, x.Minimal = round(declared*context), round(raw*context), round(minimal*context)
	x.shares()
	return x
}

// sensitivity adds up the elements as declared, without transforms, and
// minimised.
func sensitivity(e Edge, els []element) (declared, raw, minimal float64) {
	if len(els) == 0 {
		w := weights[drawbridge.LevelRestricted] * max(e.reach(drawbridge.AtRequest), e.reach(drawbridge.AtResponse))
		return w, w, w
	}
	for _, el := range els {
		raw += el.weights[0] * el.reach
		declared += el.weights[1] * el.reach
		minimal += el.weights[2] * el.reach
	}
	return declared, raw, minimal
}

func levelInput(count [len(weights)]int, unknown int) string {
	var parts []string
	if unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", unknown))
	}
	for l := len(count) - 1; l >= 0; l-- {
		if count[l] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[l], drawbridge.Level(l)))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "nothing crosses or is declared")
}

func records(f *manifest.Flow) (Factor, string) {
	n := f.Volume.RecordsPerDay
	if n == nil {
		return Factor{"records", "unknown", maxRecords}, "records a day: counted as ten million and more"
	}
	value := math.Log10(10 + float64(max(*n, 0)))
	return Factor{"records", strconv.FormatInt(*n, 10) + " a day", min(value, maxRecords)}, ""
}

func recipients(f *manifest.Flow) (Factor, string) {
	if f.SharedWith == nil {
		return Factor{"recipients", "unknown", 1 + maxRecipients/4.0}, fmt.Sprintf("onward recipients: counted as %d and more", maxRecipients)
	}
	n := len(f.SharedWith)
	return Factor{"recipients", strconv.Itoa(n) + " onward", 1 + float64(min(n, maxRecipients))/4}, ""
}

func retention(f *manifest.Flow) (Factor, string) {
	p := f.Retention.Period
	if p == nil {
		return Factor{"retention", "unknown", 3}, "retention: counted as ten years and more"
	}
	days := min(max(float64(*p)/86_400_000, 0), maxKeptDays)
	return Factor{"retention", p.String(), 1 + 2*math.Sqrt(days/maxKeptDays)}, ""
}

func region(f *manifest.Flow) (Factor, string) {
	if f.Region.Storage == nil || f.Region.Processing == nil || len(f.Origin) == 0 {
		return Factor{"region", "unknown", 1 + maxAbroad/4.0}, fmt.Sprintf("countries outside the origin: counted as %d and more", maxAbroad)
	}
	abroad := Outside(f.Origin, slices.Concat(f.Region.Storage, f.Region.Processing))
	input := cmp.Or(strings.Join(abroad, ", "), "none") + " outside " + strings.Join(f.Origin, ", ")
	return Factor{"region", input, 1 + float64(min(len(abroad), maxAbroad))/4}, ""
}

// Exposure adds up the exposures of all flows; its factors are the flows.
func (m *Map) Exposure() Exposure {
	x := Exposure{Factors: []Factor{}}
	for i := range m.Edges {
		e := &m.Edges[i]
		if e.Kind != EdgeFlow {
			continue
		}
		x.Points += e.Exposure.Points
		x.Raw += e.Exposure.Raw
		x.Minimal += e.Exposure.Minimal
		x.Factors = append(x.Factors, Factor{Name: e.ID, Input: levelName(e), Value: e.Exposure.Points})
		for _, a := range e.Exposure.Assumed {
			x.Assumed = append(x.Assumed, e.ID+": "+a)
		}
	}
	x.Points, x.Raw, x.Minimal = round(x.Points), round(x.Raw), round(x.Minimal)
	x.shares()
	return x
}

// shares computes what transforms save and what minimising would still save.
func (x *Exposure) shares() {
	if x.Raw > 0 {
		x.Saved = round(1 - x.Points/x.Raw)
	}
	if x.Points > 0 {
		x.Possible = round(1 - x.Minimal/x.Points)
	}
}

// round keeps two decimals, so that every machine prints the same bytes.
func round(f float64) float64 { return math.Round(f*100) / 100 }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// levelName writes the level of an edge in words.
func levelName(e *Edge) string {
	switch {
	case e.Unknown > 0 && e.Level == drawbridge.LevelRestricted: // nothing is above it
		return e.Level.String() + " + unknown"
	case e.Unknown > 0 && e.Level != drawbridge.LevelUnknown:
		return e.Level.String() + " or more"
	case e.Elements == 0 && e.Raw != drawbridge.LevelUnknown:
		return "nothing crosses"
	default:
		return e.Level.String()
	}
}
