package twin

import "strings"

// tokenFlaws take tokens that nobody issued, or issue weak ones.
func tokenFlaws() []*flaw {
	only := []scheme{jwt}
	return []*flaw{
		{
			id: "JWT-01", title: "A token without a signature is taken (alg none)", styles: only,
			accept: func(alg, signature string) bool { return strings.EqualFold(alg, "none") && signature == "" },
		},
		{
			id: "JWT-03", title: "The token's signature is not verified", styles: only,
			accept: func(alg, signature string) bool { return alg == "HS256" && signature != "" },
		},
		{id: "JWT-04", title: "Tokens are signed with a word from a list", styles: only, secret: "secret"},
		{id: "JWT-04/digits", title: "Tokens are signed with six digits", styles: only, secret: "402713"},
		{
			id: "JWT-10", title: "Tokens never end, and carry personal data", styles: only,
			claims: func(claims map[string]any, who *principal) {
				for _, name := range []string{"exp", "aud", "iss"} {
					delete(claims, name)
				}
				claims["email"], claims["phone"] = who.email, who.phone
			},
		},
		{
			id: "JWT-10/personal", title: "Tokens carry personal data", styles: only,
			claims: func(claims map[string]any, who *principal) { claims["email"] = who.email },
		},
	}
}
