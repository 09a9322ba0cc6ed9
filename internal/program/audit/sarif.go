package audit

import (
	"encoding/json"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

// The parts of SARIF 2.1.0 (OASIS) that a result is written with.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string       `json:"id"`
		Short   sarifText    `json:"shortDescription"`
		Default sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
		Flows     []sarifFlow     `json:"codeFlows,omitempty"`
	}
	sarifFlow struct {
		Threads []sarifThread `json:"threadFlows"`
	}
	sarifThread struct {
		Locations []sarifStep `json:"locations"`
	}
	sarifStep struct {
		Location sarifLocation `json:"location"`
	}
	sarifLocation struct {
		ID       int           `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
	}
)

// SARIF writes the findings as a SARIF 2.1.0 log. The path to a finding is a code
// flow. Files are named as seen from a folder in which the audited one is below.
func (r *Result) SARIF(w io.Writer, below string) error {
	location := func(pos diag.Position, message string, id int) sarifLocation {
		l := sarifLocation{ID: id, Physical: sarifPhysical{Artifact: sarifArtifact{uri(below, pos.File)}}}
		if pos.Line > 0 {
			l.Physical.Region = &sarifRegion{pos.Line, pos.Column}
		}
		if message != "" {
			l.Message = &sarifText{message}
		}
		return l
	}
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "scopegen audit", InformationURI: "https://github.com/scopegen/scopegen"}
	index := map[string]int{}
	for i, rule := range Rules {
		index[rule.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{rule.ID, sarifText{rule.Text}, sarifDefault{rule.Severity.String()}})
	}
	for _, d := range r.Findings {
		text := d.Message
		if d.Hint != "" {
			text += ". " + d.Hint
		}
		result := sarifResult{RuleID: d.Code, RuleIndex: index[d.Code], Level: d.Severity.String(), Message: sarifText{text}, Locations: []sarifLocation{}}
		if d.Pos.File != "" {
			result.Locations = append(result.Locations, location(d.Pos, "", 0))
		}
		for i, related := range d.Related {
			result.Related = append(result.Related, location(related.Pos, related.Message, i+1))
		}
		var thread sarifThread
		for _, step := range r.witnesses[findingKey{d.Code, d.Pos, d.Message}] {
			if step.Pos.File != "" {
				thread.Locations = append(thread.Locations, sarifStep{location(step.Pos, step.Function, 0)})
			}
		}
		if len(thread.Locations) > 0 {
			result.Flows = []sarifFlow{{[]sarifThread{thread}}}
		}
		run.Results = append(run.Results, result)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// uri returns what SARIF calls a file: a relative reference, or a URI with a scheme.
func uri(below, file string) string {
	u := url.URL{Path: path.Join(below, file)}
	if filepath.IsAbs(file) {
		u = url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(file, "/")}
	}
	return u.String()
}
