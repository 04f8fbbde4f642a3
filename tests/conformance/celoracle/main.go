// Command celoracle evaluates CEL expressions with the environment of the Kubernetes API server.
//
// It reads JSON lines {"expr", "version", "vars"} and writes one line per input: static type, value or
// error, and cost. Differential tests feed it freshly generated expressions.
package main

import (
	"bufio"
	"encoding/base64"
	gojson "encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
)

type question struct {
	Expr    string         `json:"expr"`
	Version string         `json:"version"`
	Vars    map[string]any `json:"vars"`
}

type answer struct {
	Type  string            `json:"type,omitempty"`
	Value gojson.RawMessage `json:"value,omitempty"`
	RType string            `json:"rtype,omitempty"`
	Error string            `json:"error,omitempty"`
	Stage string            `json:"stage,omitempty"`
	Cost  *uint64           `json:"cost,omitempty"`
}

var environments = map[string]*cel.Env{}

func environmentOf(v string) *cel.Env {
	if env, ok := environments[v]; ok {
		return env
	}
	base := environment.MustBaseEnvSet(version.MustParse(v)).NewExpressionsEnv()
	var options []cel.EnvOption
	for _, name := range []string{"object", "oldObject", "params", "request", "namespaceObject", "variables"} {
		options = append(options, cel.Variable(name, cel.DynType))
	}
	env, err := base.Extend(options...)
	if err != nil {
		panic(err)
	}
	environments[v] = env
	return env
}

func judge(q question) (out answer) {
	defer func() {
		if r := recover(); r != nil {
			out.Error, out.Stage = fmt.Sprint(r), "panic"
		}
	}()
	env := environmentOf(q.Version)
	ast, issues := env.Compile(q.Expr)
	if issues.Err() != nil {
		return answer{Error: issues.Err().Error(), Stage: "compile"}
	}
	out.Type = ast.OutputType().String()
	program, err := env.Program(ast, cel.CostLimit(1000000))
	if err != nil {
		return answer{Error: err.Error(), Stage: "compile"}
	}
	if q.Vars == nil {
		q.Vars = map[string]any{}
	}
	value, details, err := program.Eval(q.Vars)
	if details != nil {
		out.Cost = details.ActualCost()
	}
	if err != nil {
		out.Error, out.Stage = err.Error(), "run"
		return out
	}
	out.RType = value.Type().TypeName()
	out.Value = encode(value)
	return out
}

func object(key string, value any) gojson.RawMessage {
	text, err := gojson.Marshal(map[string]any{key: value})
	if err != nil {
		panic(err)
	}
	return text
}

func encode(value ref.Val) gojson.RawMessage {
	switch v := value.(type) {
	case types.Null:
		return gojson.RawMessage("null")
	case types.Bool:
		return gojson.RawMessage(strconv.FormatBool(bool(v)))
	case types.Int:
		return gojson.RawMessage(strconv.FormatInt(int64(v), 10))
	case types.Uint:
		return gojson.RawMessage(`{"$uint": ` + strconv.FormatUint(uint64(v), 10) + "}")
	case types.Double:
		return encodeDouble(float64(v))
	case types.String:
		text, _ := gojson.Marshal(string(v))
		return text
	case types.Bytes:
		return object("$bytes", base64.StdEncoding.EncodeToString([]byte(v)))
	case types.Timestamp:
		return object("$timestamp", v.Time.Format("2006-01-02T15:04:05.999999999Z07:00"))
	case types.Duration:
		return object("$duration", strconv.FormatInt(int64(v.Duration), 10)+"ns")
	case *types.Optional:
		if !v.HasValue() {
			return object("$optional", []any{})
		}
		return object("$optional", []gojson.RawMessage{encode(v.GetValue())})
	case *types.Type:
		return object("$type", v.TypeName())
	case traits.Lister:
		return encodeList(v)
	case traits.Mapper:
		return encodeMap(v)
	}
	return object("$opaque", value.Type().TypeName())
}

func encodeDouble(v float64) gojson.RawMessage {
	switch {
	case math.IsNaN(v):
		return object("$double", "NaN")
	case math.IsInf(v, 1):
		return object("$double", "Infinity")
	case math.IsInf(v, -1):
		return object("$double", "-Infinity")
	}
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return gojson.RawMessage(text)
}

func encodeList(list traits.Lister) gojson.RawMessage {
	parts := []gojson.RawMessage{}
	for it := list.Iterator(); it.HasNext() == types.True; {
		parts = append(parts, encode(it.Next()))
	}
	text, _ := gojson.Marshal(parts)
	return text
}

func encodeMap(m traits.Mapper) gojson.RawMessage {
	pairs := [][]gojson.RawMessage{}
	entries := map[string]gojson.RawMessage{}
	plain := true
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		value := encode(m.Get(key))
		if name, ok := key.(types.String); ok {
			entries[string(name)] = value
		} else {
			plain = false
		}
		pairs = append(pairs, []gojson.RawMessage{encode(key), value})
	}
	if plain {
		text, _ := gojson.Marshal(entries)
		return text
	}
	return object("$map", pairs)
}

func main() {
	reader := bufio.NewScanner(os.Stdin)
	reader.Buffer(make([]byte, 1<<20), 1<<26)
	writer := bufio.NewWriter(os.Stdout)
	defer writer.Flush()
	for reader.Scan() {
		var q question
		var out answer
		if err := json.Unmarshal(reader.Bytes(), &q); err != nil {
			out = answer{Error: err.Error(), Stage: "input"}
		} else {
			out = judge(q)
		}
		text, err := gojson.Marshal(out)
		if err != nil {
			panic(err)
		}
		writer.Write(text)
		writer.WriteByte('\n')
		writer.Flush()
	}
}
