package ledger

import "iter"

// bitset marks entries, one bit each. It grows with the places that are set.
type bitset []uint64

func (b *bitset) set(i int64) {
	for int64(len(*b)) <= i/64 {
		*b = append(*b, 0)
	}
	(*b)[i/64] |= 1 << (i % 64)
}

func (b bitset) clear(i int64)    { b[i/64] &^= 1 << (i % 64) }
func (b bitset) has(i int64) bool { return i/64 < int64(len(b)) && b[i/64]&(1<<(i%64)) != 0 }

// runs yields each run of marked places, from the first to the one after the last.
func (b bitset) runs() iter.Seq2[int64, int64] {
	return func(yield func(from, to int64) bool) {
		end := int64(len(b)) * 64
		for i := int64(0); i < end; i++ {
			if !b.has(i) {
				continue
			}
			from := i
			for b.has(i) {
				i++
			}
			if !yield(from, i) {
				return
			}
		}
	}
}
