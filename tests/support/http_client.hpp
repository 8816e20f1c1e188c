// Clients for tests of HTTP pages, also ones that send what no client should.
#pragma once

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>

#include <iterator>
#include <string>
#include <utility>

namespace ytterby::testing {

inline std::pair<int, std::string> Get(int port, const std::string& path) {
  Poco::Net::HTTPClientSession session("127.0.0.1", static_cast<Poco::UInt16>(port));
  Poco::Net::HTTPRequest request("GET", path, "HTTP/1.1");
  session.sendRequest(request);
  Poco::Net::HTTPResponse response;
  std::istream& body = session.receiveResponse(response);
  return {response.getStatus(), std::string(std::istreambuf_iterator<char>(body), {})};
}

// A client that sends this and waits.
inline Poco::Net::StreamSocket Client(int port, const std::string& text) {
  Poco::Net::StreamSocket client(Poco::Net::SocketAddress("127.0.0.1", static_cast<Poco::UInt16>(port)));
  client.sendBytes(text.data(), static_cast<int>(text.size()));
  return client;
}

// All that a client is sent until the server closes; empty if it was cut off.
inline std::string AnswerTo(Poco::Net::StreamSocket& client) {
  client.setReceiveTimeout(Poco::Timespan(20, 0));
  std::string answer;
  char buffer[4096];
  try {
    for (int got = 0; (got = client.receiveBytes(buffer, sizeof buffer)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(got));
  } catch (const Poco::Exception&) {
    return "";
  }
  return answer;
}

inline std::string AnswerTo(int port, const std::string& text) {
  Poco::Net::StreamSocket client = Client(port, text);
  return AnswerTo(client);
}

}  // namespace ytterby::testing
