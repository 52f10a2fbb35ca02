package portfolio_test

import (
	"testing"

	"drawbridge"
	"drawbridge/internal/portfolio"
)

// The identifiers are those of public examples of the schemes.
func TestIdentifier(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind, text, want string }{
		{"lei", "lei", "529900T8BM49AURSDO55", "529900T8BM49AURSDO55"},
		{"lei with blanks", "lei", " 5299 00t8bm49aursdo55 ", "529900T8BM49AURSDO55"},
		{"lei with a digit changed", "lei", "529900T8BM49AURSDO56", ""},
		{"lei that is short", "lei", "529900T8BM49AURSDO5", ""},
		{"euid", "euid", "DEK1101R.HRB116737", "DEK1101R.HRB116737"},
		{"euid without its register", "euid", "HRB116737", ""},
		{"duns", "duns", "15-048-3782", "150483782"},
		{"duns with a letter", "duns", "15048378A", ""},
		{"vat AT", "vat", "AT U13585627", "ATU13585627"},
		{"vat AT mistyped", "vat", "ATU13585626", ""},
		{"vat BE", "vat", "BE 0428.759.497", "BE0428759497"},
		{"vat BE mistyped", "vat", "BE0428759498", ""},
		{"vat DE", "vat", "DE 136,695 976", ""},
		{"vat DE spaced", "vat", "DE 136 695 976", "DE136695976"},
		{"vat DE mistyped", "vat", "DE136695978", ""},
		{"vat DK", "vat", "DK13585628", "DK13585628"},
		{"vat DK mistyped", "vat", "DK13585627", ""},
		{"vat EL", "vat", "EL094259216", "EL094259216"},
		{"vat EL mistyped", "vat", "EL094259217", ""},
		{"vat FI", "vat", "FI20774740", "FI20774740"},
		{"vat FI mistyped", "vat", "FI20774741", ""},
		{"vat FR", "vat", "FR40303265045", "FR40303265045"},
		{"vat FR mistyped", "vat", "FR84323140391", ""},
		{"vat IT", "vat", "IT00743110157", "IT00743110157"},
		{"vat IT mistyped", "vat", "IT00743110158", ""},
		{"vat LU", "vat", "LU15027442", "LU15027442"},
		{"vat LU mistyped", "vat", "LU15027443", ""},
		{"vat NL", "vat", "NL004495445B01", "NL004495445B01"},
		{"vat NL of a person", "vat", "NL002455799B11", "NL002455799B11"},
		{"vat NL mistyped", "vat", "NL123456789B90", ""},
		{"vat PL", "vat", "PL8567346215", "PL8567346215"},
		{"vat PL mistyped", "vat", "PL8567346216", ""},
		{"vat PT", "vat", "PT501964843", "PT501964843"},
		{"vat PT mistyped", "vat", "PT501964842", ""},
		{"vat SE", "vat", "SE556188840401", "SE556188840401"},
		{"vat SE mistyped", "vat", "SE123456789101", ""},
		{"vat CY, by its form", "vat", "CY10259033P", "CY10259033P"},
		{"vat CY without its letter", "vat", "CY10259033", ""},
		{"vat BG", "vat", "BG175074752", "BG175074752"},
		{"vat CH", "vat", "CHE-107.787.577 IVA", "CHE107787577IVA"},
		{"vat CH mistyped", "vat", "CHE107787578IVA", ""},
		{"vat CZ", "vat", "CZ25123891", "CZ25123891"},
		{"vat EE", "vat", "EE100931558", "EE100931558"},
		{"vat ES", "vat", "ESA28015865", "ESA28015865"},
		{"vat ES too short", "vat", "ESA2801586", ""},
		{"vat GB", "vat", "GB980780684", "GB980780684"},
		{"vat GB of a department", "vat", "GBGD001", "GBGD001"},
		{"vat GB too short", "vat", "GB98078068", ""},
		{"vat HR", "vat", "HR33392005961", "HR33392005961"},
		{"vat HR mistyped", "vat", "HR33392005962", ""},
		{"vat HU", "vat", "HU12892312", "HU12892312"},
		{"vat IE", "vat", "IE6433435F", "IE6433435F"},
		{"vat LT", "vat", "LT119511515", "LT119511515"},
		{"vat LV", "vat", "LV40003521600", "LV40003521600"},
		{"vat MT", "vat", "MT11679112", "MT11679112"},
		{"vat NO", "vat", "NO 995525828 MVA", "NO995525828MVA"},
		{"vat NO mistyped", "vat", "NO995525829MVA", ""},
		{"vat RO", "vat", "RO18547290", "RO18547290"},
		{"vat SI", "vat", "SI50223054", "SI50223054"},
		{"vat SK", "vat", "SK2022749619", "SK2022749619"},
		{"vat XI", "vat", "XI980780684", "XI980780684"},
		{"vat of a country that is not listed", "vat", "IS12345", "IS12345"},
		{"another kind", "iban", "X", ""},
		{"nothing", "lei", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := portfolio.Identifier(c.kind, c.text)
			if got != c.want || (err != nil) != (c.want == "") || err != nil && drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Errorf("Identifier(%s, %q) = %q %v, want %q", c.kind, c.text, got, err, c.want)
			}
		})
	}
}

// TestChecked tells identifiers with check digits from those with a form alone.
func TestChecked(t *testing.T) {
	t.Parallel()
	for id, want := range map[[2]string]bool{
		{"lei", "529900T8BM49AURSDO55"}: true, {"duns", "150483782"}: false, {"euid", "DEK1101R.HRB116737"}: false,
		{"vat", "DE136695976"}: true, {"vat", "FR40303265045"}: true, {"vat", "FRAB303265045"}: false, {"vat", "CY10259033P"}: false,
		{"vat", "IS12345"}: false, {"vat", ""}: false, {"iban", "X"}: false,
	} {
		if got := portfolio.Checked(id[0], id[1]); got != want {
			t.Errorf("Checked(%s, %s) = %v, want %v", id[0], id[1], got, want)
		}
	}
}

// FuzzIdentifier holds that what is accepted has one spelling.
func FuzzIdentifier(f *testing.F) {
	f.Add("vat", "NL002455799B11")
	f.Add("lei", "529900T8BM49AURSDO55")
	f.Add("euid", "DEK1101R.HRB116737")
	f.Fuzz(func(t *testing.T, kind, text string) {
		got, err := portfolio.Identifier(kind, text)
		if err != nil {
			return
		}
		if again, err := portfolio.Identifier(kind, got); err != nil || again != got {
			t.Errorf("Identifier(%s, %q) = %q, and that is read as %q %v", kind, text, got, again, err)
		}
	})
}
