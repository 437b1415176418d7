package main

import (
	"encoding/json"
	"fmt"
	"io"
)

func printSimulation(w io.Writer, answer any) error {
	raw, err := json.MarshalIndent(answer, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(w, "%s\n", raw)
	}
	return err
}
