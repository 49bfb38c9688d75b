// peers checks Ostiary's proofs with the implementations of other transparency logs: proofs of inclusion with
// torchwood's reader of c2sp.org/tlog-proof, proofs of consistency with the checks of Go's checksum database.
//
//	peers inclusion VERIFIER-KEY PROOF-FILE
//	peers consistency VERIFIER-KEY PROOF-FILE OLD-CHECKPOINT-FILE
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ok")
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("usage: peers inclusion|consistency KEY PROOF [OLD]")
	}
	verifier, err := note.NewVerifier(args[1])
	if err != nil {
		return err
	}
	policy := torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(verifier.Name()), torchwood.SingleVerifierPolicy(verifier))
	proof, err := os.ReadFile(args[2])
	if err != nil {
		return err
	}
	if args[0] == "inclusion" {
		record, err := torchwood.ProofExtraData(proof)
		if err != nil {
			return err
		}
		return torchwood.VerifyProof(policy, tlog.RecordHash(record), proof)
	}
	old, err := os.ReadFile(args[3])
	if err != nil {
		return err
	}
	return consistency(policy, string(proof), old)
}

// consistency checks the body of an add-checkpoint request of c2sp.org/tlog-witness.
func consistency(policy torchwood.Policy, body string, old []byte) error {
	before, _, err := torchwood.VerifyCheckpoint(old, policy)
	if err != nil {
		return err
	}
	head, checkpoint, ok := strings.Cut(body, "\n\n")
	if !ok {
		return errors.New("no empty line")
	}
	lines := strings.Split(head, "\n")
	size, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if err != nil {
		return err
	}
	if size != before.N {
		return errors.New("the proof is from another size")
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return err
		}
		proof = append(proof, tlog.Hash(hash))
	}
	after, _, err := torchwood.VerifyCheckpoint([]byte(checkpoint), policy)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, after.N, after.Hash, before.N, before.Hash)
}
