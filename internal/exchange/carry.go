package exchange

import (
	"fmt"

	"drawbridge/internal/manifest"
	"drawbridge/internal/yaml"
)

// carried is a manifest taken apart: what travels with each element.
type carried struct {
	rest       yaml.Node // everything but systems, interfaces and flows
	systems    map[string]yaml.Node
	interfaces map[string]yaml.Node
	flows      map[string]yaml.Node
	partner    *yaml.Node
}

// takeApart splits a manifest by its elements.
func takeApart(b *manifest.Bundle) (*carried, error) {
	in := *b.Integration
	in.Extends = "" // what it extends is resolved already
	data, err := manifest.Encode(&in)
	if err != nil {
		return nil, fmt.Errorf("encode the manifest: %w", err)
	}
	root, err := parse(data)
	if err != nil {
		return nil, err
	}
	c := &carried{rest: yaml.Node{Kind: yaml.Map}}
	parts := map[string]*map[string]yaml.Node{"systems": &c.systems, "interfaces": &c.interfaces, "flows": &c.flows}
	for i := 0; i+1 < len(root.Children); i += 2 {
		key, v := root.Children[i], root.Children[i+1]
		into := parts[key.Value]
		if into == nil {
			c.rest.Children = append(c.rest.Children, key, v)
			continue
		}
		*into = map[string]yaml.Node{}
		for _, item := range v.Children {
			(*into)[str(&item, "id")] = item
		}
	}
	if b.Partner != nil {
		data, err := manifest.EncodePartner(b.Partner)
		if err != nil {
			return nil, fmt.Errorf("encode the partner's file: %w", err)
		}
		if c.partner, err = parse(data); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func parse(data []byte) (*yaml.Node, error) {
	tree, err := yaml.Parse(data, limits())
	if err != nil {
		return nil, fmt.Errorf("read what was written: %w", err)
	}
	return &tree.Root, nil
}

// putTogether is the reverse: one manifest from its elements.
func putTogether(name string, rest *yaml.Node, systems, interfaces, flows []yaml.Node) (*manifest.Integration, error) {
	root := yaml.Node{Kind: yaml.Map}
	for i := 0; i+1 < len(rest.Children); i += 2 {
		switch rest.Children[i].Value {
		case "systems", "interfaces", "flows":
		default:
			root.Children = append(root.Children, rest.Children[i].Clone(), rest.Children[i+1].Clone())
		}
	}
	for _, part := range []struct {
		key   string
		items []yaml.Node
	}{{"systems", systems}, {"interfaces", interfaces}, {"flows", flows}} {
		if part.items != nil {
			root.Children = append(root.Children, text(part.key), yaml.Node{Kind: yaml.List, Children: part.items})
		}
	}
	doc, err := manifest.Parse(name, yaml.Print(&root))
	if err != nil {
		return nil, err
	}
	return doc.Integration, nil
}

// set gives a map's key a value, in place or at the end.
func set(n *yaml.Node, key string, v yaml.Node) {
	for i := 0; i+1 < len(n.Children); i += 2 {
		if n.Children[i].Value == key {
			n.Children[i+1] = v
			return
		}
	}
	n.Children = append(n.Children, text(key), v)
}
