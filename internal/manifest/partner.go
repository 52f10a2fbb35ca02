package manifest

import "drawbridge"

// Partner holds the facts about a partner that all its integrations share.
type Partner struct {
	APIVersion      string         `yaml:"apiVersion" need:"true" enum:"drawbridge/v1" doc:"Version of the format."`
	Kind            string         `yaml:"kind" need:"true" enum:"Partner" doc:"Kind of document."`
	ID              string         `yaml:"id" is:"slug" need:"true" like:"acme-pay" doc:"Short name, unique in the organisation."`
	LegalName       string         `yaml:"legal_name" view:"no" like:"Acme Payments Ltd" doc:"Name in the register of companies."`
	DisplayName     string         `yaml:"display_name" view:"no" doc:"Name that people read."`
	Country         string         `yaml:"country" is:"country" like:"IE" doc:"Country of the head office: ISO 3166 code."`
	Identifiers     Identifiers    `yaml:"identifiers" doc:"Public identifiers."`
	Parent          string         `yaml:"parent" is:"slug" doc:"Id of the ultimate parent."`
	PersonType      string         `yaml:"person_type" enum:"legal|natural" doc:"Legal or natural person."`
	Website         string         `yaml:"website" is:"url" view:"no" doc:"Public site."`
	SecurityContact string         `yaml:"security_contact" view:"set" like:"https://acme.example/.well-known/security.txt" doc:"Where vulnerabilities are reported; a role's address, no person's."`
	PrivacyContact  string         `yaml:"privacy_contact" view:"set" doc:"Where data subjects' requests go; a role's address, no person's."`
	Status          string         `yaml:"status" enum:"prospect|active|exiting|former" doc:"Where the relation stands."`
	Subprocessors   []Subprocessor `yaml:"subprocessors" doc:"Whom the partner passes our data on to. An empty list means nobody; left out means unknown."`
	Assurance       []Assurance    `yaml:"assurance" doc:"Reports and certificates that the partner claims to hold."`
	Incidents       []Incident     `yaml:"incidents" doc:"Known breaches and outages. An empty list means none known; left out means nobody looked."`
	Tags            []string       `yaml:"tags" view:"no" list:"set" doc:"Free labels."`
	Sources         Sources        `yaml:"sources" doc:"Where single attributes come from."`
}

// Identifiers are public identifiers of a legal person.
type Identifiers struct {
	LEI  string `yaml:"lei" doc:"Legal Entity Identifier (ISO 17442)."`
	EUID string `yaml:"euid" doc:"European Unique Identifier."`
	VAT  string `yaml:"vat" doc:"VAT number."`
	DUNS string `yaml:"duns" doc:"D-U-N-S number."`
}

// Subprocessor is somebody to whom the partner passes our data on.
type Subprocessor struct {
	ID      string          `yaml:"id" is:"id" key:"true" need:"true" doc:"Short name."`
	Name    string          `yaml:"name" view:"no" doc:"Legal name."`
	Service string          `yaml:"service" view:"no" doc:"What it does."`
	Region  string          `yaml:"region" is:"country" like:"US" doc:"Country where it processes."`
	Since   drawbridge.Date `yaml:"since" doc:"First day."`
}

// Assurance is a report or certificate that the partner claims to hold.
type Assurance struct {
	Kind    string          `yaml:"kind" key:"true" need:"true" enum:"soc2_type1|soc2_type2|iso27001|iso27701|pci_dss|pentest|hitrust|fedramp|csa_star|insurance|other" doc:"What it is."`
	Issuer  string          `yaml:"issuer" view:"no" doc:"Who issued it."`
	Scope   string          `yaml:"scope" doc:"What it covers."`
	Issued  drawbridge.Date `yaml:"issued" doc:"First day."`
	Expires drawbridge.Date `yaml:"expires" doc:"Last day."`
}

// Incident is a known breach or outage of the partner.
type Incident struct {
	On       drawbridge.Date     `yaml:"on" key:"true" need:"true" doc:"Day it became known."`
	Kind     string              `yaml:"kind" key:"true" need:"true" enum:"breach|outage|vulnerability" doc:"What it was."`
	Severity drawbridge.Severity `yaml:"severity" enum:"low|medium|high|critical" doc:"How bad."`
	Summary  string              `yaml:"summary" view:"no" doc:"One sentence."`
	Resolved *bool               `yaml:"resolved" doc:"Whether it is over."`
}
