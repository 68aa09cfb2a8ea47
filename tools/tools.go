//go:build tools

// Package tools pins the programs that the twin and the tests run; `natsform tools install` builds them outside the checkout.
package tools

import _ "github.com/nats-io/nats-server/v2"
