// Certificates made for one test run, in a folder that goes with it.
#pragma once

#include <string>

namespace adit::tests {

// A folder with `ca.pem`, the authority of all that is issued in it.
class Certificates {
public:
    Certificates();
    ~Certificates();
    Certificates(const Certificates&) = delete;
    Certificates& operator=(const Certificates&) = delete;

    // NAME.pem and NAME.key with this subject ("/CN=alice") and these alternative names
    // ("DNS:localhost"), issued by the authority.
    void issue(const std::string& name, const std::string& subject,
               const std::string& alternatives = "DNS:localhost", const std::string& more = {});
    // Runs the openssl command in the folder.
    void openssl(const std::string& arguments);
    void write(const std::string& name, const std::string& text);

    std::string path(const std::string& name) const { return folder_ + "/" + name; }

private:
    std::string folder_;
};

}  // namespace adit::tests
