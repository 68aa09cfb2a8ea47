// Natsconf answers each line of its input, a JSON string with the text of a configuration file, with one line of JSON:
// what nats-server's own parser understood. Printers are tested against it.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/nats-io/nats-server/v2/conf"
)

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			answer(out, line)
		}
		if err != nil {
			return
		}
	}
}

func answer(out *bufio.Writer, line []byte) {
	var text string
	result := map[string]any{}
	if err := json.Unmarshal(line, &text); err != nil {
		result["error"] = err.Error()
	} else if parsed, err := conf.Parse(text); err != nil {
		result["error"] = err.Error()
	} else {
		result["config"] = parsed
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		encoded, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	out.Write(append(encoded, '\n'))
	out.Flush()
}
