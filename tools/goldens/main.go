// Records how Kubernetes' own YAML reader reads each document of the case files, so that the TypeScript reader is held
// to it: `go run . ../../test/cases/yaml` rewrites golden.json beside every input.yaml.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

type document struct {
	Source string `json:"source"`
	// JSON text, so that big integers and the order of digits survive.
	JSON  string `json:"json,omitempty"`
	Error string `json:"error,omitempty"`
}

func record(input string) error {
	text, err := os.ReadFile(input)
	if err != nil {
		return err
	}
	var documents []document
	// The stream reader of Kubernetes ends every line, the last one included.
	for _, source := range strings.Split(string(text), "\n---\n") {
		entry := document{Source: source}
		value, err := yaml.YAMLToJSON([]byte(source + "\n"))
		if err != nil {
			entry.Error = err.Error()
		} else {
			entry.JSON = string(value)
		}
		documents = append(documents, entry)
	}
	output, err := json.MarshalIndent(documents, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(filepath.Dir(input), "golden.json"), append(output, '\n'), 0o644)
}

func main() {
	inputs, err := filepath.Glob(filepath.Join(os.Args[1], "*", "input.yaml"))
	if err == nil && len(inputs) == 0 {
		err = fmt.Errorf("no input.yaml below %s", os.Args[1])
	}
	for _, input := range inputs {
		if err == nil {
			err = record(input)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
