package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dop251/goja"

	"tintype/internal/engine/sandbox"
)

// exitSetUp is with what Serve's process ends when it could not begin.
const exitSetUp = 3

// order is what a process is told, and outcome what it answers.
type order struct {
	Script
	Memory int64         `json:"memory"`
	CPU    time.Duration `json:"cpu"`
}

type outcome struct {
	Result
	Error string `json:"error,omitempty"`
}

const (
	callsMax = 400      // depth of calls
	stackMax = 16 << 20 // bytes of Go's stack beneath them
)

// Serve is the whole life of a script's process: it reads the script, shuts
// itself in, runs it and writes the outcome. It returns the process's exit code.
func Serve(in io.Reader, out io.Writer) int {
	raw, err := io.ReadAll(io.LimitReader(in, inputMax+1))
	var o order
	if err == nil {
		err = json.Unmarshal(raw, &o)
	}
	if err == nil {
		// Nothing is open but the three standard files, and nothing can be opened.
		_, err = sandbox.Enter(sandbox.Config{Memory: o.Memory, CPU: o.CPU, FileSize: 1, OpenFiles: 16})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitSetUp
	}
	debug.SetMaxStack(stackMax)
	debug.SetMemoryLimit(o.Memory / 2)
	answer, err := json.Marshal(o.run())
	if err != nil {
		answer, _ = json.Marshal(outcome{Error: "its values are no JSON"}) // a string always can be
	}
	if _, err := out.Write(answer); err != nil {
		return exitSetUp
	}
	return 0
}

func (o order) run() outcome {
	vm := goja.New()
	vm.SetMaxCallStackSize(callsMax)
	m, err := newMachine(vm, o.Script)
	if err == nil {
		_, err = vm.RunString(o.Code)
	}
	if err == nil {
		err = m.read(o.Values)
	}
	if err != nil {
		return outcome{Error: sayError(err)}
	}
	return outcome{Result: m.result}
}

// machine is a script's world. The functions were taken before the script
// could replace them.
type machine struct {
	vm               *goja.Runtime
	parse, stringify goja.Callable
	result           Result
}

func newMachine(vm *goja.Runtime, s Script) (*machine, error) {
	m := &machine{vm: vm, result: Result{Values: map[string]json.RawMessage{}}}
	object := vm.Get("JSON").ToObject(vm)
	m.parse, _ = goja.AssertFunction(object.Get("parse"))
	m.stringify, _ = goja.AssertFunction(object.Get("stringify"))
	for name, v := range s.Values {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		value, err := m.parse(goja.Undefined(), vm.ToValue(string(text)))
		if err != nil {
			return nil, err
		}
		if err := vm.Set(name, value); err != nil {
			return nil, err
		}
	}
	for _, name := range s.Recorders {
		object, ok := vm.Get(name).(*goja.Object)
		if !ok {
			object = vm.NewObject()
			if err := vm.Set(name, object); err != nil {
				return nil, err
			}
		}
		if err := object.Set("update", m.update); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// update records one call.
func (m *machine) update(call goja.FunctionCall) goja.Value {
	if text, ok := m.text(call.Argument(0)); ok && len(m.result.Updates) < 100 {
		m.result.Updates = append(m.result.Updates, text)
	}
	return goja.Undefined()
}

// text is a value as JSON; ok is false for what has none, as a function.
func (m *machine) text(v goja.Value) (json.RawMessage, bool) {
	out, err := m.stringify(goja.Undefined(), v)
	if err != nil || goja.IsUndefined(out) {
		return nil, false
	}
	text := out.String()
	return json.RawMessage(text), json.Valid([]byte(text))
}

// read takes the values as the script has left them.
func (m *machine) read(names map[string]any) error {
	for name := range names {
		v := m.vm.Get(name)
		if v == nil {
			continue
		}
		text, ok := m.text(v)
		if !ok {
			return errors.New(name + " is no JSON any more")
		}
		m.result.Values[name] = text
	}
	return nil
}

// sayError is one line for whoever wrote the script.
func sayError(err error) string {
	var thrown *goja.Exception
	text := err.Error()
	if errors.As(err, &thrown) {
		text = thrown.Value().String()
	}
	text = strings.Replace(text, "SyntaxError: SyntaxError:", "SyntaxError:", 1)
	if len(text) > wordsMax {
		text = text[:wordsMax]
	}
	if text == "" {
		text = "it threw nothing that could be said"
	}
	return text
}
