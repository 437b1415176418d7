// Package engine decides where traffic goes and what the data say: it hashes visitors to arms, rounds weights,
// asks an allocator for new ones, and analyses the counts of an experiment. Every function is pure: same facts, same
// answer, bit for bit; no input or output, no clock. Where chance is wanted (Pick, Draw) or needed, its source or seed is
// an argument.
//
// A split has arms; arm 0 … k-1 have keys, one is the control. Weights are in units of 1/10,000 (Weights), shares
// and probabilities are fractions of 1.
package engine
