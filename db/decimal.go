package db

import (
	"fmt"
	"math/big"

	"github.com/jackc/pgx/v5/pgtype"
)

// Units returns a numeric of at most 4 decimals in units of 1/10,000, nil for NULL.
func Units(v pgtype.Numeric) (*int64, error) {
	if !v.Valid {
		return nil, nil
	}
	if v.NaN || v.InfinityModifier != pgtype.Finite || v.Int == nil || v.Exp < -4 || v.Exp > 14 {
		return nil, fmt.Errorf("numeric %v is no amount", v)
	}
	n := new(big.Int).Mul(v.Int, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v.Exp)+4), nil))
	if !n.IsInt64() {
		return nil, fmt.Errorf("numeric %v is no amount", v)
	}
	units := n.Int64()
	return &units, nil
}
