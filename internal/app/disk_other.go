//go:build !linux && !darwin && !freebsd

package app

import "errors"

func diskFree(string) (int64, error) { return 0, errors.ErrUnsupported }
