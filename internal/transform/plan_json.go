package transform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// planJSON is a Plan on the wire. Each operation is an object with one key,
// its name: {"resize":{"Width":200,"Height":133}}.
type planJSON struct {
	Input         PlanInput
	Ops           []opJSON
	Output        PlanOutput
	Width, Height int
	Sources       []PlanSource `json:",omitempty"`
}

type opJSON struct{ op Op }

// opKind is one type of operation on the wire.
type opKind struct {
	name   string
	of     reflect.Type
	decode func(raw []byte) (Op, error)
}

func opKindOf[T Op](name string) opKind {
	return opKind{name, reflect.TypeFor[T](), decodeOp[T]}
}

// opKinds are all the operations there are.
func opKinds() []opKind {
	return []opKind{
		opKindOf[OpResize]("resize"),
		opKindOf[OpExtract]("extract"),
		opKindOf[OpEmbed]("embed"),
		opKindOf[OpRotate]("rotate"),
		opKindOf[OpFlip]("flip"),
		opKindOf[OpRound]("round"),
		opKindOf[OpBorder]("border"),
		opKindOf[OpOpacity]("opacity"),
		opKindOf[OpFlatten]("flatten"),
		opKindOf[OpMatrix]("matrix"),
		opKindOf[OpSigmoid]("sigmoid"),
		opKindOf[OpBlur]("blur"),
		opKindOf[OpSharpen]("sharpen"),
		opKindOf[OpRecolor]("recolor"),
		opKindOf[OpCurve]("curve"),
		opKindOf[OpVibrance]("vibrance"),
		opKindOf[OpLevels]("levels"),
		opKindOf[OpReplaceColor]("replace-color"),
		opKindOf[OpKeyOut]("key-out"),
		opKindOf[OpQuantize]("quantize"),
		opKindOf[OpDither]("dither"),
		opKindOf[OpNoise]("noise"),
		opKindOf[OpRedEye]("red-eye"),
		opKindOf[OpHatch]("hatch"),
		opKindOf[OpLUT]("lut"),
		opKindOf[OpMix]("mix"),
		opKindOf[OpPixelate]("pixelate"),
		opKindOf[OpVignette]("vignette"),
		opKindOf[OpMorph]("morph"),
		opKindOf[OpOilPaint]("oil-paint"),
		opKindOf[OpInk]("ink"),
		opKindOf[OpOutline]("outline"),
		opKindOf[OpShadow]("shadow"),
		opKindOf[OpGradient]("gradient"),
		opKindOf[OpFade]("fade"),
		opKindOf[OpCorners]("corners"),
		opKindOf[OpPerspective]("perspective"),
		opKindOf[OpArc]("arc"),
		opKindOf[OpComposite]("composite"),
	}
}

var opByName, opByType = func() (map[string]opKind, map[reflect.Type]opKind) {
	names, types := map[string]opKind{}, map[reflect.Type]opKind{}
	for _, k := range opKinds() {
		names[k.name], types[k.of] = k, k
	}
	return names, types
}()

// opName is "" for what is no operation.
func opName(op Op) string { return opByType[reflect.TypeOf(op)].name }

func opNamed(name string, raw []byte) (Op, error) {
	k, ok := opByName[name]
	if !ok {
		return nil, fmt.Errorf("unknown operation %q", name)
	}
	return k.decode(raw)
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
	w := planJSON{Input: p.Input, Ops: make([]opJSON, len(p.Ops)), Output: p.Output, Width: p.Width, Height: p.Height, Sources: p.Sources}
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
	*p = Plan{Input: w.Input, Output: w.Output, Width: w.Width, Height: w.Height, Sources: w.Sources}
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
