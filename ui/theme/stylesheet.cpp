// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/style.h"
#include "ui/theme/theme.h"

#include <QHash>
#include <QString>

namespace strata::ui {

namespace {

// Lengths are written for a font of 10 pt as @3px and grow with the font; colours by role as @accent.
constexpr const char* kSheet = R"(
QMainWindow, QDialog { background: @window; }
QMainWindow::separator { background: @border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accent; }
QToolTip { background: @panel; color: @text; border: 1px solid @border; padding: @4px @6px; }

QMenuBar { background: @panel; border-bottom: 1px solid @border; padding: @2px @6px; }
QMenuBar::item { padding: @4px @8px; border-radius: @4px; background: transparent; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: @hover; }
QMenu { background: @panel; border: 1px solid @border; padding: @4px; }
QMenu::item { padding: @5px @24px @5px @10px; border-radius: @4px; }
QMenu::icon { padding-left: @8px; }
QMenu::item:selected { background: @selection; }
QMenu::item:disabled { color: @disabled; }
QMenu::separator { height: 1px; background: @border; margin: @4px @6px; }

QToolBar { background: @panel; border: none; border-bottom: 1px solid @border; spacing: @6px; padding: @6px @8px; }
QToolBar::separator { background: @border; width: 1px; margin: @4px @4px; }
QStatusBar { background: @window; border-top: 1px solid @border; color: @muted; }
QStatusBar::item { border: none; }

QPushButton, QToolBar QToolButton {
  background: @panel; border: 1px solid @control; border-radius: @6px; padding: @4px @11px; color: @text; }
QPushButton:hover, QToolBar QToolButton:hover { background: @hover; }
QPushButton:pressed, QToolBar QToolButton:pressed, QToolBar QToolButton:checked { background: @selection; }
QPushButton:focus, QToolBar QToolButton:focus { border-color: @accent; }
QPushButton { outline: none; }
QToolButton[muted="true"] { color: @muted; }
QPushButton:disabled, QToolBar QToolButton:disabled { color: @disabled; border-color: @border; }
QPushButton[primary="true"], QPushButton:default, QToolBar QToolButton[primary="true"] {
  background: @accent; color: @accentText; border-color: @accent; }
QPushButton[primary="true"]:hover, QPushButton:default:hover, QToolBar QToolButton[primary="true"]:hover {
  background: @accentHover; border-color: @accentHover; }
QPushButton[primary="true"]:focus, QPushButton:default:focus, QToolBar QToolButton[primary="true"]:focus {
  border: 1px solid @text; }
QPushButton[primary="true"]:disabled, QPushButton:default:disabled {
  background: @barTrack; color: @disabled; border-color: @barTrack; }
QPushButton[danger="true"] { color: @health4; border-color: @health4; }
QPushButton[flat="true"] { background: transparent; border-color: transparent; color: @accent; padding: @3px @6px; }
QPushButton[flat="true"]:hover { background: @hover; }
QPushButton[flat="true"]:focus { border-color: @accent; }
QPushButton::menu-indicator, QToolButton::menu-indicator { image: none; width: 0; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: @4px; padding: @3px; }
QToolButton:hover { background: @hover; }
QToolButton:pressed, QToolButton:checked { background: @selection; }
QToolButton:focus { border-color: @accent; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit[field="true"], QDateTimeEdit {
  background: @base; border: 1px solid @control; border-radius: @6px; padding: @4px @8px; color: @text;
  selection-background-color: @accent; selection-color: @accentText; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit[field="true"]:focus,
QDateTimeEdit:focus { border: @2px solid @accent; padding: @3px @7px; }
QLineEdit:disabled, QSpinBox:disabled, QComboBox:disabled { background: @window; color: @disabled; }
QLineEdit[wrong="true"], QComboBox[wrong="true"], QSpinBox[wrong="true"], QPlainTextEdit[wrong="true"] {
  border-color: @health4; }
QComboBox { padding-right: @22px; }
QComboBox::drop-down { border: none; width: @22px; subcontrol-origin: border; }
QComboBox::down-arrow { image: url(:/strata/controls/chevron-down.svg); width: @11px; height: @11px; }
QComboBox QAbstractItemView { background: @panel; border: 1px solid @border; padding: @3px; outline: none;
  selection-background-color: @selection; selection-color: @text; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button,
QDateTimeEdit::up-button, QDateTimeEdit::down-button { border: none; width: @18px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow, QDateTimeEdit::up-arrow {
  image: url(:/strata/controls/chevron-up.svg); width: @9px; height: @9px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow, QDateTimeEdit::down-arrow {
  image: url(:/strata/controls/chevron-down.svg); width: @9px; height: @9px; }
QCheckBox, QRadioButton { spacing: @7px; }
QCheckBox::indicator, QRadioButton::indicator, QGroupBox::indicator {
  width: @14px; height: @14px; border: 1px solid @strong; border-radius: @3px; background: @base; }
QRadioButton::indicator { border-radius: @8px; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus, QCheckBox::indicator:hover,
QRadioButton::indicator:hover { border-color: @accent; }
QCheckBox::indicator:checked, QGroupBox::indicator:checked {
  background: @accent; border-color: @accent; image: url(:/strata/controls/check-@ink.svg); }
QCheckBox::indicator:indeterminate {
  background: @accent; border-color: @accent; image: url(:/strata/controls/dash-@ink.svg); }
QRadioButton::indicator:checked { border: @5px solid @accent; width: @6px; height: @6px; background: @accentText; }
QCheckBox:focus, QRadioButton:focus { color: @accent; }

QTabWidget::pane { border: none; border-top: 1px solid @border; }
QTabWidget::tab-bar { left: @8px; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: @muted; border: none; border-bottom: @2px solid transparent;
  padding: @6px @4px @5px @4px; margin: 0 @6px; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { color: @accent; border-bottom-color: @accent; }
QTabBar::tab:focus { background: @hover; }
QTabBar::tab:disabled { color: @disabled; }

QAbstractItemView { background: @base; color: @text; border: none; outline: none;
  selection-background-color: @selection; selection-color: @text; }
QAbstractItemView[framed="true"] { border: 1px solid @control; border-radius: @6px; padding: 1px; }
QAbstractItemView[framed="true"]:focus { border-color: @accent; }
QTreeView, QTableView, QListView { alternate-background-color: @hover; gridline-color: @border; }
QHeaderView { background: @base; border: none; }
QHeaderView::section { background: @base; color: @muted; border: none; border-bottom: 1px solid @border;
  padding: @4px @3px; font-size: @smallpt; }
QHeaderView::section:first { padding-left: @10px; }
QHeaderView[overCells="true"]::section { padding: @4px @3px @4px 10px; }
QHeaderView::section:hover { color: @text; }
QHeaderView::up-arrow { image: url(:/strata/controls/chevron-up.svg); width: @8px; height: @8px;
  subcontrol-position: center right; right: @2px; }
QHeaderView::down-arrow { image: url(:/strata/controls/chevron-down.svg); width: @8px; height: @8px;
  subcontrol-position: center right; right: @2px; }
QTableCornerButton::section { background: @base; border: none; }

QScrollBar:vertical { background: transparent; width: @10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: @10px; margin: 0; }
QScrollBar::handle { background: @handle; border-radius: @3px; border: @2px solid @base; }
QScrollBar::handle:vertical { min-height: @28px; }
QScrollBar::handle:horizontal { min-width: @28px; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QDockWidget { color: @muted; titlebar-close-icon: none; titlebar-normal-icon: none; }
QDockWidget::title { background: @panel; padding: @5px @8px; border-bottom: 1px solid @border; }
QSplitter::handle { background: @border; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: @accent; }
QProgressBar { background: @barTrack; border: none; border-radius: @3px; max-height: @6px; text-align: center; }
QProgressBar::chunk { background: @bar; border-radius: @3px; }
QGroupBox { border: 1px solid @border; border-radius: @8px; margin-top: @10px; padding: @8px; background: @panel; }
QGroupBox::title { subcontrol-origin: margin; left: @10px; padding: 0 @4px; color: @muted; }

QFrame[card="true"] { background: @panel; border: 1px solid @border; border-radius: @8px; }
QLabel { background: transparent; }
QLabel[muted="true"] { color: @muted; }
QLabel[small="true"] { font-size: @smallpt; }
QLabel[wrong="true"] { color: @health4; }
QLabel[heading="true"] { font-weight: 600; }
QLabel[title="true"] { font-size: @titlept; font-weight: 600; }
)";

} // namespace

QString styleSheetOf(const Colors& c, double points)
{
    const auto name = [](const QColor& color) { return color.name(QColor::HexRgb); };
    const QColor control = c.dark ? c.border.lighter(125) : c.border.darker(108);
    const QColor handle = c.dark ? QColor(0x4a, 0x52, 0x5b) : QColor(0xc4, 0xca, 0xd0);
    QColor disabled = c.muted;
    disabled = QColor((c.muted.red() + c.panel.red()) / 2, (c.muted.green() + c.panel.green()) / 2,
                      (c.muted.blue() + c.panel.blue()) / 2);
    const QHash<QString, QString> values = {
        {QStringLiteral("window"), name(c.window)},
        {QStringLiteral("panel"), name(c.panel)},
        {QStringLiteral("base"), name(c.base)},
        {QStringLiteral("border"), name(c.border)},
        {QStringLiteral("control"), name(control)},
        {QStringLiteral("strong"), name(c.muted)},
        {QStringLiteral("handle"), name(handle)},
        {QStringLiteral("text"), name(c.text)},
        {QStringLiteral("muted"), name(c.muted)},
        {QStringLiteral("disabled"), name(disabled)},
        {QStringLiteral("accent"), name(c.accent)},
        {QStringLiteral("accentHover"), name(c.dark ? c.accent.lighter(112) : c.accent.darker(115))},
        {QStringLiteral("accentText"), name(c.accentText)},
        {QStringLiteral("selection"), name(c.selection)},
        {QStringLiteral("hover"), name(c.hover)},
        {QStringLiteral("bar"), name(c.bar)},
        {QStringLiteral("barTrack"), name(c.barTrack)},
        {QStringLiteral("health4"), name(c.health[4])},
        {QStringLiteral("ink"),
         c.accentText.lightness() > 128 ? QStringLiteral("white") : QStringLiteral("black")},
        {QStringLiteral("smallpt"), QString::number(points * 0.9, 'f', 1) + QStringLiteral("pt")},
        {QStringLiteral("titlept"), QString::number(points * 1.5, 'f', 1) + QStringLiteral("pt")},
    };
    const QString sheet = QString::fromLatin1(kSheet);
    QString out;
    out.reserve(sheet.size() + 2048);
    for (qsizetype i = 0; i < sheet.size(); ++i) {
        if (sheet[i] != u'@') {
            out += sheet[i];
            continue;
        }
        qsizetype end = i + 1;
        while (end < sheet.size() && (sheet[end].isLetterOrNumber()))
            ++end;
        const QString word = sheet.mid(i + 1, end - i - 1);
        if (word[0].isDigit()) {
            const int length = word.left(word.size() - 2).toInt(); // without "px"
            out += QString::number(qMax(1, qRound(length * points / 10.0))) + QStringLiteral("px");
        } else {
            Q_ASSERT_X(values.contains(word), "styleSheetOf", qPrintable(word));
            out += values.value(word);
        }
        i = end - 1;
    }
    return out;
}

} // namespace strata::ui
