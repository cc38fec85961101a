// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizard/wizardpage.h"

class QCheckBox;
class QLineEdit;
class QPlainTextEdit;

namespace strata::ui {

class PathEdit;

// Who may log in, what is installed beside the network, and how the machines behave.
class AddOnsPage : public WizardPage {
    Q_OBJECT

public:
    explicit AddOnsPage(WizardModel* model, QWidget* parent = nullptr);
    void load() override;

private:
    using AddOnOf = std::function<provision::ManifestAddOn*(provision::ClusterProfile&)>;
    struct ManifestInputs {
        QCheckBox* enabled = nullptr;
        PathEdit* manifest = nullptr;
        FormField* manifestField = nullptr;
    };
    void addAccess();
    void addAddOns();
    void addBehaviour();
    ManifestInputs addManifest(const std::string& path, const QString& text, const QString& hint,
                               const QString& manifestHint, const AddOnOf& addOn);
    void addKeysFrom(const QString& path);
    void showHints();

    std::vector<QWidget*> m_ofClass; // what a ClusterClass decides
    QPlainTextEdit* m_keys = nullptr;
    FormField* m_keysField = nullptr;
    QComboBox* m_check = nullptr;
    FormField* m_checkField = nullptr;
    QCheckBox* m_cloud = nullptr;
    FormField* m_cloudField = nullptr;
    QLineEdit* m_cloudImage = nullptr;
    FormField* m_cloudImageField = nullptr;
    ManifestInputs m_csi;
    PathEdit* m_csiController = nullptr;
    FormField* m_csiControllerField = nullptr;
    ManifestInputs m_metrics;
    QCheckBox* m_health = nullptr;
    QComboBox* m_eviction = nullptr;
    FormField* m_evictionField = nullptr;
    QComboBox* m_affinity = nullptr;
    FormField* m_affinityField = nullptr;
};

} // namespace strata::ui
