// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/config/execplugins.h"

#include <QDialog>

namespace strata::ui {

// "Allow a program?": what a kubeconfig wants to run on this computer, in full, before it runs. Whatever way
// the dialog is closed, it answers exactly once; closing it means no.
class ExecDialog : public QDialog {
    Q_OBJECT

public:
    explicit ExecDialog(const kube::ExecQuestion& question, QWidget* parent = nullptr);

Q_SIGNALS:
    void answered(strata::kube::ExecPlugins::Answer answer);

private:
    void say(kube::ExecPlugins::Answer answer);
    bool m_said = false;
};

} // namespace strata::ui
