// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/logbook.h"

#include <QColor>
#include <QPlainTextEdit>
#include <QStringList>
#include <QTimer>

#include <cstdint>
#include <deque>

namespace strata::ui {

// The end of a LogBook as text: lines behind the name of who said them in a colour of its own. Follows the
// book in slices of a frame; late lines go where they belong. While its end is in sight it stays in sight.
class LogView : public QPlainTextEdit {
    Q_OBJECT

public:
    static constexpr int kMostShown = 20'000; // lines

    explicit LogView(console::LogBook* book, QWidget* parent = nullptr);

    void follow(); // the book has grown
    void renew();  // all of it again
    bool isUpToDate() const { return m_next >= m_book->total(); }

    // Short names of the sources, by their number; a single one is not shown.
    void setNames(const QStringList& names);
    void setTimes(bool shown);
    void setFilter(const QString& text); // only lines with it; empty: all
    bool findText(const QString& text, bool backwards);
    void scrollToEnd();
    static QColor colorOfSource(std::size_t source, bool dark);
    QString lineText(const console::LogLine& line) const; // as shown

Q_SIGNALS:
    void searchWanted();

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void slice();
    void takeBack(std::uint64_t number); // lines of this number and above
    void append(const console::LogLine& line, std::uint64_t number);
    bool matches(const console::LogLine& line) const;
    void restyle();

    console::LogBook* m_book;
    QTimer m_frame;
    QStringList m_names;
    QString m_filter;
    bool m_times = false;
    std::uint64_t m_next = 0;            // number of the book's line that is shown next
    std::deque<std::uint64_t> m_numbers; // of the lines that are shown
};

} // namespace strata::ui
