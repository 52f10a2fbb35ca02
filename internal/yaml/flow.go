package yaml

import "strings"

// flow reads a collection in brackets, which is at pos.
func (r *reader) flow() (Node, error) {
	open := r.pos
	kind, closing := List, byte(']')
	if r.src[open] == '{' {
		kind, closing = Map, '}'
	}
	n, err := r.node(kind, open)
	if err != nil {
		return n, err
	}
	n.Flow = true
	if err := r.enter(); err != nil {
		return n, err
	}
	r.flows++
	r.open = append(r.open, n.Off)
	defer func() { r.flows--; r.open = r.open[:r.flows]; r.depth-- }()
	r.pos++
	base := len(r.stack)
	for {
		if err := r.more(open); err != nil {
			return n, err
		}
		if r.src[r.pos] == closing {
			break
		}
		if kind == Map {
			err = r.pair(open)
		} else {
			err = r.item(open)
		}
		if err != nil {
			return n, err
		}
		if err := r.more(open); err != nil {
			return n, err
		}
		if r.src[r.pos] == ',' {
			r.pos++
		} else if r.src[r.pos] != closing {
			return n, r.errorf(r.pos, "put text with special characters in quotes", "expected \",\" or \"%c\" here", closing)
		}
	}
	r.pos++
	n.Children = r.take(base)
	return n, nil
}

// more moves to the next content inside the brackets that open at open.
func (r *reader) more(open int) error {
	if _, err := r.skip(); err != nil {
		return err
	}
	if r.end() || r.anyMarker() {
		return r.errorf(open, "close it", "this \"%c\" is never closed", r.src[open])
	}
	return nil
}

// item reads one item of a flow list.
func (r *reader) item(open int) error {
	v, err := r.flowNode(open)
	if err != nil {
		return err
	}
	r.stack = append(r.stack, v)
	if err := r.more(open); err != nil {
		return err
	}
	if r.src[r.pos] == ':' {
		return r.errorf(r.pos, "write {key: value}", "a key and a value stand directly in a list")
	}
	return nil
}

// pair reads one key and value of a flow map.
func (r *reader) pair(open int) error {
	off := r.pos
	key, err := r.flowNode(open)
	if err != nil {
		return err
	}
	if key.Kind != Scalar || key.Anchor != "" {
		return r.errorf(off, "write the key as a plain word", "only a text may be a key")
	}
	if err := r.more(open); err != nil {
		return err
	}
	r.stack = append(r.stack, key)
	value, err := r.node(Scalar, r.pos)
	if err != nil {
		return err
	}
	if r.src[r.pos] == ':' {
		r.pos++
		if err := r.more(open); err != nil {
			return err
		}
		if c := r.src[r.pos]; c != ',' && c != '}' {
			r.nodes--
			if value, err = r.flowNode(open); err != nil {
				return err
			}
		}
	}
	r.stack = append(r.stack, value)
	return nil
}

// flowNode reads one value inside brackets.
func (r *reader) flowNode(open int) (n Node, err error) {
	name, size := "", r.nodes
	if r.src[r.pos] == '&' {
		if name, err = r.name(); err != nil {
			return n, err
		}
		if err := r.more(open); err != nil {
			return n, err
		}
	}
	switch c := r.src[r.pos]; c {
	case '[', '{':
		n, err = r.flow()
	case '*':
		n, err = r.alias()
	case '"', '\'':
		n, err = r.quoted()
	case ',', ']', '}':
		return n, r.errorf(r.pos, "", "a value is missing before \"%c\"", c)
	default:
		if n, err = r.plainLine(); err == nil {
			n, err = r.continued(n, -1)
		}
	}
	if err == nil && name != "" {
		n.Anchor = name
		r.anchors[name] = anchor{n, r.nodes - size}
	}
	return n, err
}

// bracket reports whether c has a meaning inside brackets.
func bracket(c byte) bool { return strings.IndexByte(",[]{}", c) >= 0 }
