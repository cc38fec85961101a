// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/timestamp.h"
#include "core/stack/facts.h"
#include "ui/compare/sidelines.h"

#include <QDialog>

#include <functional>
#include <memory>
#include <string>
#include <vector>

class QCheckBox;
class QComboBox;
class QPlainTextEdit;
class QPushButton;

namespace strata::ui {

class ThemedLabel;
class ValueLabel;

// Two documents side by side, their lines opposite each other, differences marked and walked through. Reads
// only.
class CompareDialog : public QDialog {
    Q_OBJECT

public:
    // One side: what stands above it, what can be chosen there, and who fetches it. The answer comes on the
    // GUI thread, once, and not at all when `context` has gone.
    struct Side {
        QString title;
        std::vector<stack::ObjectRef> objects;
        std::function<void(const stack::ObjectRef&, QObject* context,
                           std::function<void(Result<std::string>)>)>
            fetch;
        QString note; // small, behind the title
    };
    // With `together` the right side follows the choice of the left one: the same object at two times.
    CompareDialog(Side left, Side right, bool together, QWidget* parent = nullptr);
    ~CompareDialog() override;

    bool isReady() const; // both have come, or failed
    QString leftText() const;
    QString rightText() const;
    QString words() const; // "3 differences", or what went wrong
    const std::vector<SideLine>& lines() const { return m_lines; }
    int current() const { return m_current; } // which of the differences, from 0; −1: none
    void next();
    void previous();
    void setWithStatus(bool on);

private:
    struct Half {
        Side side;
        QComboBox* chooser = nullptr;
        QPlainTextEdit* view = nullptr;
        ThemedLabel* state = nullptr;
        QString document;
        bool have = false;
        QString failed;
        std::unique_ptr<QObject> reading;
    };
    QWidget* makeHalf(Half& half, const QString& name);
    void read(Half& half);
    void showTexts();
    void mark();
    void goTo(int difference);

    Half m_left;
    Half m_right;
    bool m_together;
    std::vector<SideLine> m_lines;
    std::vector<int> m_differences;
    int m_current = -1;
    QCheckBox* m_status = nullptr;
    ValueLabel* m_words = nullptr;
    QPushButton* m_previous = nullptr;
    QPushButton* m_next = nullptr;
};

} // namespace strata::ui
