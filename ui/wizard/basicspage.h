// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizard/wizardpage.h"

class QLineEdit;

namespace strata::ui {

// Who it is for, what it is called, where it goes, which Kubernetes.
class BasicsPage : public WizardPage {
    Q_OBJECT

public:
    explicit BasicsPage(WizardModel* model, QWidget* parent = nullptr);
    void load() override;

private:
    void fillContexts();
    void fillVersions();
    void fillClasses();

    QComboBox* m_context = nullptr;
    FormField* m_contextField = nullptr;
    QLineEdit* m_name = nullptr;
    QLineEdit* m_tenant = nullptr;
    QLineEdit* m_namespace = nullptr;
    QComboBox* m_version = nullptr;
    FormField* m_versionField = nullptr;
    QComboBox* m_class = nullptr;
    FormField* m_classField = nullptr;
};

} // namespace strata::ui
