// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/schema.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

#include <optional>
#include <vector>

class QCompleter;
class QPlainTextEdit;
class QStandardItemModel;

namespace strata::ui {

// Help with YAML that is being typed, from the server's own description of the kind: fields and values to
// choose from (Ctrl+Space, or while a key is typed), what the field under the cursor is, and what does not
// fit, underlined. Without a schema it does nothing.
class SchemaAssist : public QObject {
    Q_OBJECT

public:
    explicit SchemaAssist(QPlainTextEdit* edit);

    void setSchema(const provision::KindSchema& schema);
    bool hasSchema() const { return m_schema.has_value(); }
    bool isChecked() const { return !m_timer.isActive() && !m_checking; } // the faults are those of the text
    const std::vector<provision::SchemaFault>& faults() const { return m_faults; }

    // What could stand at the cursor; empty: nothing is known.
    QStringList offered() const;
    void complete();                     // shows them
    void insert(const QString& offered); // in place of what is typed
    void nextFault();                    // the cursor goes there, from the last one to the first again

Q_SIGNALS:
    // Of the field at the cursor: "replicas · integer", and what the server says of it. Both may be empty.
    void described(const QString& field, const QString& description);
    void checked(); // faults() are new

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    provision::YamlPlace place() const;
    std::optional<provision::SchemaField> fieldAt(const provision::YamlPlace& place) const;
    std::vector<provision::SchemaField>
    candidates(const provision::YamlPlace& place) const; // fields, or values
    void fill(const std::vector<provision::SchemaField>& fields);
    void describe();
    void check();
    void underline();

    QPlainTextEdit* m_edit;
    QCompleter* m_completer;
    QStandardItemModel* m_model;
    std::optional<provision::KindSchema> m_schema;
    std::vector<provision::SchemaFault> m_faults;
    QTimer m_timer;
    bool m_checking = false;
};

} // namespace strata::ui
