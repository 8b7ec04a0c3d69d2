// Command oracle answers questions about structured merge with the published Go libraries: one JSON request a line on
// stdin, one JSON answer a line on stdout. The tests compare this project's own answers with it.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"k8s.io/kube-openapi/pkg/schemaconv"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	smdschema "sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

type request struct {
	Op      string                  `json:"op"`
	Schema  string                  `json:"schema"`
	Schemas map[string]*spec.Schema `json:"schemas"`
	Type    string                  `json:"type"`
	Lhs     json.RawMessage         `json:"lhs"`
	Rhs     json.RawMessage         `json:"rhs"`
	Set     json.RawMessage         `json:"set"`
	Set2    json.RawMessage         `json:"set2"`
	Text    string                  `json:"text"`
	Text2   string                  `json:"text2"`
	Steps   []step                  `json:"steps"`
	Count   int                     `json:"count"`
}

// step is one write by one manager: an apply of a partial object or an update to a whole one.
type step struct {
	Op      string          `json:"op"`
	Manager string          `json:"manager"`
	Version string          `json:"version"`
	Force   bool            `json:"force"`
	Value   json.RawMessage `json:"value"`
}

type manager struct {
	Version string          `json:"version"`
	Applied bool            `json:"applied"`
	Fields  json.RawMessage `json:"fields"`
}

type stepAnswer struct {
	Live      any                        `json:"live"`
	Managers  map[string]manager         `json:"managers"`
	Conflicts map[string]json.RawMessage `json:"conflicts,omitempty"`
	Error     string                     `json:"error,omitempty"`
}

type answer struct {
	Error    string          `json:"error,omitempty"`
	Set      json.RawMessage `json:"set,omitempty"`
	Added    json.RawMessage `json:"added,omitempty"`
	Removed  json.RawMessage `json:"removed,omitempty"`
	Modified json.RawMessage `json:"modified,omitempty"`
	Value    any             `json:"value,omitempty"`
	Text     string          `json:"text,omitempty"`
	Order    *int            `json:"order,omitempty"`
	Steps    []stepAnswer    `json:"steps,omitempty"`
	Nanos    int64           `json:"nanos,omitempty"`
}

var schemas = map[string]*typed.Parser{}

func main() {
	for _, add := range []func(*runtime.Scheme) error{apiextensions.AddToScheme, apiregistration.AddToScheme} {
		if err := add(scheme.Scheme); err != nil {
			panic(err)
		}
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			reply(out, line)
		}
		if err != nil {
			return
		}
	}
}

func reply(out *bufio.Writer, line []byte) {
	var r request
	a := answer{}
	if err := json.Unmarshal(line, &r); err != nil {
		a.Error = "request: " + err.Error()
	} else if err := answerTo(&r, &a); err != nil {
		a = answer{Error: err.Error()}
	}
	text, err := json.Marshal(a)
	if err != nil {
		text, _ = json.Marshal(answer{Error: err.Error()})
	}
	out.Write(append(text, '\n'))
	out.Flush()
}

func answerTo(r *request, a *answer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	switch r.Op {
	case "schema":
		s, err := schemaconv.ToSchemaFromOpenAPI(r.Schemas, false)
		if err != nil {
			return err
		}
		schemas[r.Schema] = &typed.Parser{Schema: smdschema.Schema{Types: s.Types}}
		return nil
	case "quantity":
		return quantity(r, a)
	case "recode", "union", "intersection", "difference", "recursiveDifference", "leaves":
		return setOperation(r, a)
	case "script":
		return script(r, a)
	case "empty":
		return empty(r, a)
	case "bench":
		return bench(r, a)
	}
	return valueOperation(r, a)
}

func quantity(r *request, a *answer) error {
	q, err := resource.ParseQuantity(r.Text)
	if err != nil {
		return err
	}
	text, err := json.Marshal(q)
	if err != nil {
		return err
	}
	json.Unmarshal(text, &a.Text)
	if r.Text2 != "" {
		q2, err := resource.ParseQuantity(r.Text2)
		if err != nil {
			return err
		}
		order := q.Cmp(q2)
		a.Order = &order
	}
	return nil
}

func decodeSet(raw json.RawMessage) (*fieldpath.Set, error) {
	set := &fieldpath.Set{}
	return set, set.FromJSON(bytes.NewReader(raw))
}

func encodeSet(set *fieldpath.Set) json.RawMessage {
	text, err := set.ToJSON()
	if err != nil {
		panic(err)
	}
	return text
}

func setOperation(r *request, a *answer) error {
	one, err := decodeSet(r.Set)
	if err != nil {
		return err
	}
	two := &fieldpath.Set{}
	if len(r.Set2) > 0 {
		if two, err = decodeSet(r.Set2); err != nil {
			return err
		}
	}
	switch r.Op {
	case "recode":
		a.Set = encodeSet(one)
	case "union":
		a.Set = encodeSet(one.Union(two))
	case "intersection":
		a.Set = encodeSet(one.Intersection(two))
	case "difference":
		a.Set = encodeSet(one.Difference(two))
	case "recursiveDifference":
		a.Set = encodeSet(one.RecursiveDifference(two))
	case "leaves":
		a.Set = encodeSet(one.Leaves())
	}
	return nil
}

func parse(r *request, raw json.RawMessage, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	if r.Type == "" {
		return typedValue(typed.DeducedParseableType, raw, options...)
	}
	parser := schemas[r.Schema]
	if parser == nil {
		return nil, fmt.Errorf("no schema %q", r.Schema)
	}
	return typedValue(parser.Type(r.Type), raw, options...)
}

func typedValue(t typed.ParseableType, raw json.RawMessage, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	v, err := value.FromJSON(raw)
	if err != nil {
		return nil, err
	}
	return t.FromUnstructured(v.Unstructured(), options...)
}

func valueOperation(r *request, a *answer) error {
	if r.Op == "validate" {
		_, err := parse(r, r.Lhs)
		return err
	}
	lhs, err := parse(r, r.Lhs, typed.AllowDuplicates)
	if err != nil {
		return err
	}
	switch r.Op {
	case "fieldset":
		set, err := lhs.ToFieldSet()
		if err != nil {
			return err
		}
		a.Set = encodeSet(set)
		return nil
	case "compare", "merge":
		return pairOperation(r, a, lhs)
	case "extract", "extractWithKeys", "remove":
		set, err := decodeSet(r.Set)
		if err != nil {
			return err
		}
		switch r.Op {
		case "extract":
			a.Value = lhs.ExtractItems(set).AsValue().Unstructured()
		case "extractWithKeys":
			a.Value = lhs.ExtractItems(set, typed.WithAppendKeyFields()).AsValue().Unstructured()
		case "remove":
			a.Value = lhs.RemoveItems(set).AsValue().Unstructured()
		}
		return nil
	}
	return fmt.Errorf("unknown operation %q", r.Op)
}

func pairOperation(r *request, a *answer, lhs *typed.TypedValue) error {
	if r.Op == "merge" {
		rhs, err := parse(r, r.Rhs)
		if err != nil {
			return err
		}
		merged, err := lhs.Merge(rhs)
		if err != nil {
			return err
		}
		if merged.AsValue() != nil {
			a.Value = merged.AsValue().Unstructured()
		}
		return nil
	}
	rhs, err := parse(r, r.Rhs, typed.AllowDuplicates)
	if err != nil {
		return err
	}
	c, err := lhs.Compare(rhs)
	if err != nil {
		return err
	}
	a.Added, a.Removed, a.Modified = encodeSet(c.Added), encodeSet(c.Removed), encodeSet(c.Modified)
	return nil
}

// converter serves every version with the type named after it (`<type>.<version>`). Like the server it looks at nothing
// when the object is in that version already.
type converter struct{ r *request }

func (c converter) Convert(object *typed.TypedValue, version fieldpath.APIVersion) (*typed.TypedValue, error) {
	name := c.r.Type + "." + string(version)
	if from := object.TypeRef().NamedType; from != nil && *from == name {
		return object, nil
	}
	t := schemas[c.r.Schema].Type(name)
	if !t.IsValid() {
		return nil, missing(version)
	}
	return t.FromUnstructured(object.AsValue().Unstructured(), typed.AllowDuplicates)
}

type missing string

func (m missing) Error() string { return "no version " + string(m) }

func (c converter) IsMissingVersionError(err error) bool {
	_, ok := err.(missing)
	return ok
}

func script(r *request, a *answer) error {
	c := converter{r}
	updater := (&merge.UpdaterBuilder{Converter: c}).BuildUpdater()
	managers := fieldpath.ManagedFields{}
	live, err := typedOf(r, r.Steps[0].Version, json.RawMessage("{}"))
	if err != nil {
		return err
	}
	for _, s := range r.Steps {
		next, after, err := run(updater, r, s, live, managers)
		if err == nil {
			live, managers = next, after
		}
		a.Steps = append(a.Steps, describe(live, managers, err))
	}
	return nil
}

func typedOf(r *request, version string, raw json.RawMessage, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	return typedValue(schemas[r.Schema].Type(r.Type+"."+version), raw, options...)
}

func run(u *merge.Updater, r *request, s step, live *typed.TypedValue, managers fieldpath.ManagedFields) (*typed.TypedValue, fieldpath.ManagedFields, error) {
	live, err := u.Converter.Convert(live, fieldpath.APIVersion(s.Version))
	if err != nil {
		return nil, nil, err
	}
	copied := managers.Copy()
	if s.Op == "update" {
		object, err := typedOf(r, s.Version, s.Value, typed.AllowDuplicates)
		if err != nil {
			return nil, nil, err
		}
		return u.Update(live, object, fieldpath.APIVersion(s.Version), copied, s.Manager)
	}
	config, err := typedOf(r, s.Version, s.Value)
	if err != nil {
		return nil, nil, err
	}
	next, after, err := u.Apply(live, config, fieldpath.APIVersion(s.Version), copied, s.Manager, s.Force)
	if err == nil && next == nil {
		next = live
	}
	return next, after, err
}

func describe(live *typed.TypedValue, managers fieldpath.ManagedFields, err error) stepAnswer {
	a := stepAnswer{Live: live.AsValue().Unstructured(), Managers: map[string]manager{}}
	for name, set := range managers {
		a.Managers[name] = manager{Version: string(set.APIVersion()), Applied: set.Applied(), Fields: encodeSet(set.Set())}
	}
	if conflicts, ok := err.(merge.Conflicts); ok {
		sets := map[string]*fieldpath.Set{}
		for _, c := range conflicts {
			if sets[c.Manager] == nil {
				sets[c.Manager] = fieldpath.NewSet()
			}
			sets[c.Manager].Insert(c.Path)
		}
		a.Conflicts = map[string]json.RawMessage{}
		for name, set := range sets {
			a.Conflicts[name] = encodeSet(set)
		}
	} else if err != nil {
		a.Error = err.Error()
	}
	return a
}

// empty answers what the Go type of a built-in kind (`group/version/kind` in text) is written as when nobody filled it in.
func empty(r *request, a *answer) error {
	parts := strings.Split(r.Text, "/")
	if len(parts) != 3 {
		return fmt.Errorf("no kind %q", r.Text)
	}
	object, err := scheme.Scheme.New(schema.GroupVersionKind{Group: parts[0], Version: parts[1], Kind: parts[2]})
	if err != nil {
		return err
	}
	text, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &a.Value)
}

// bench answers the mean time of one operation on already parsed values.
func bench(r *request, a *answer) error {
	lhs, err := parse(r, r.Lhs, typed.AllowDuplicates)
	if err != nil {
		return err
	}
	rhs, err := parse(r, r.Rhs, typed.AllowDuplicates)
	if err != nil {
		return err
	}
	operations := map[string]func(){
		"compare":  func() { lhs.Compare(rhs) },
		"merge":    func() { lhs.Merge(rhs) },
		"fieldset": func() { lhs.ToFieldSet() },
		"decode":   func() { decodeSet(r.Set) },
	}
	run, ok := operations[r.Text]
	if !ok {
		return fmt.Errorf("unknown benchmark %q", r.Text)
	}
	for range r.Count / 10 {
		run()
	}
	start := time.Now()
	for range r.Count {
		run()
	}
	a.Nanos = time.Since(start).Nanoseconds() / int64(r.Count)
	return nil
}
