package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// planJSON is a Plan on the wire. Each operation is an object with one key,
// its name: {"resize":{"Width":200,"Height":133}}.
type planJSON struct {
	Input         PlanInput
	Ops           []opJSON
	Output        PlanOutput
	Width, Height int
}

type opJSON struct{ op Op }

// opName and opNamed are the two directions of one table.
func opName(op Op) string {
	switch op.(type) {
	case OpResize:
		return "resize"
	case OpExtract:
		return "extract"
	case OpEmbed:
		return "embed"
	case OpRotate:
		return "rotate"
	case OpFlip:
		return "flip"
	case OpRound:
		return "round"
	case OpBorder:
		return "border"
	case OpOpacity:
		return "opacity"
	case OpFlatten:
		return "flatten"
	case OpMatrix:
		return "matrix"
	case OpSigmoid:
		return "sigmoid"
	case OpBlur:
		return "blur"
	case OpSharpen:
		return "sharpen"
	}
	return ""
}

func opNamed(name string, raw []byte) (Op, error) {
	switch name {
	case "resize":
		return decodeOp[OpResize](raw)
	case "extract":
		return decodeOp[OpExtract](raw)
	case "embed":
		return decodeOp[OpEmbed](raw)
	case "rotate":
		return decodeOp[OpRotate](raw)
	case "flip":
		return decodeOp[OpFlip](raw)
	case "round":
		return decodeOp[OpRound](raw)
	case "border":
		return decodeOp[OpBorder](raw)
	case "opacity":
		return decodeOp[OpOpacity](raw)
	case "flatten":
		return decodeOp[OpFlatten](raw)
	case "matrix":
		return decodeOp[OpMatrix](raw)
	case "sigmoid":
		return decodeOp[OpSigmoid](raw)
	case "blur":
		return decodeOp[OpBlur](raw)
	case "sharpen":
		return decodeOp[OpSharpen](raw)
	}
	return nil, fmt.Errorf("unknown operation %q", name)
}

func decodeOp[T Op](raw []byte) (Op, error) {
	var op T
	if err := strictly(raw, &op); err != nil {
		return nil, err
	}
	return op, nil
}

// strictly decodes one value that has no unknown field, and nothing after it.
func strictly(raw []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something stands after the value")
	}
	return nil
}

func (o opJSON) MarshalJSON() ([]byte, error) {
	name := opName(o.op)
	if name == "" {
		return nil, fmt.Errorf("unknown operation %T", o.op)
	}
	return json.Marshal(map[string]Op{name: o.op})
}

func (o *opJSON) UnmarshalJSON(raw []byte) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	if len(m) != 1 {
		return fmt.Errorf("operation with %d names", len(m))
	}
	for name, body := range m {
		op, err := opNamed(name, body)
		if err != nil {
			return err
		}
		o.op = op
	}
	return nil
}

// MarshalJSON writes the plan for UnmarshalJSON in another process of the
// same release.
func (p Plan) MarshalJSON() ([]byte, error) {
	w := planJSON{Input: p.Input, Ops: make([]opJSON, len(p.Ops)), Output: p.Output, Width: p.Width, Height: p.Height}
	for i, op := range p.Ops {
		w.Ops[i] = opJSON{op}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote; an unknown field or operation
// is an error. Whether the plan can be carried out is Check's to say.
func (p *Plan) UnmarshalJSON(raw []byte) error {
	var w planJSON
	if err := strictly(raw, &w); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	*p = Plan{Input: w.Input, Output: w.Output, Width: w.Width, Height: w.Height}
	for _, o := range w.Ops {
		if o.op == nil {
			return errors.New("plan: operation is null")
		}
		p.Ops = append(p.Ops, o.op)
	}
	return nil
}

// Ops is a list of operations inside another one; it is written as Plan
// writes its own.
type Ops []Op

// MarshalJSON writes each operation under its name.
func (o Ops) MarshalJSON() ([]byte, error) {
	w := make([]opJSON, len(o))
	for i, op := range o {
		w[i] = opJSON{op}
	}
	return json.Marshal(w)
}

// UnmarshalJSON is the inverse of MarshalJSON, and as strict as Plan's.
func (o *Ops) UnmarshalJSON(raw []byte) error {
	var w []opJSON
	if err := strictly(raw, &w); err != nil {
		return err
	}
	*o = nil
	for _, v := range w {
		if v.op == nil {
			return errors.New("operation is null")
		}
		*o = append(*o, v.op)
	}
	return nil
}
