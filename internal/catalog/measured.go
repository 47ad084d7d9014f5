package catalog

import (
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

type measuredRow struct {
	bun.BaseModel `bun:"table:measured,alias:m"`

	Account  string `bun:"account,pk"`
	Version  string `bun:"version,pk"`
	Question string `bun:"question,pk"`
	Answer   string `bun:"answer"`
}

// Measured returns the JSON that PutMeasured stored for a question about a
// version, byte for byte, and whether there is one.
func (tx *Tx) Measured(acc media.AccountID, v media.VersionID, question string) ([]byte, bool, error) {
	if err := checkKey("question", question); err != nil {
		return nil, false, err
	}
	var row measuredRow
	err := tx.tx.NewSelect().Model(&row).
		Where("account = ?", string(acc)).Where("version = ?", string(v)).Where("question = ?", question).Scan(tx.ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return []byte(row.Answer), err == nil, tx.fail("find measurement", err)
}

// PutMeasured stores what was measured, in place of an older answer. NotFound
// when the version is not, or no longer, recorded. A question is at most
// 1,024 bytes.
func (tx *Tx) PutMeasured(acc media.AccountID, v media.VersionID, question string, answer []byte) error {
	if err := checkKey("question", question); err != nil {
		return err
	}
	if !json.Valid(answer) || checkText("answer", string(answer)) != nil {
		return media.Errorf(media.Invalid, "The answer to %s is not JSON", question)
	}
	row := &measuredRow{Account: string(acc), Version: string(v), Question: question, Answer: string(answer)}
	_, err := tx.changed("put measurement", tx.tx.NewInsert().Model(row).
		On("CONFLICT (account, version, question) DO UPDATE").Set("answer = EXCLUDED.answer"))
	return err
}
