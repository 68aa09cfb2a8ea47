import { type Answer, jsonAnswer } from "./proxy";

export interface AwsRefusal {
  status: number;
  /** AWS's name of the error: `ThrottlingException`. */
  code: string;
  message: string;
}

/** Services whose answers are XML, and all alike. */
export const inXml = new Set(["route53", "s3", "sts", "iam"]);

/** An error in the words of the service's protocol: clients understand no other. */
export function errorAnswer(service: string, { status, code, message }: AwsRefusal): Answer {
  if (service === "ec2")
    return xml(
      status,
      `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>emulated</RequestID></Response>`,
    );
  if (!inXml.has(service)) return jsonAnswer(status, { __type: code, message }, { "x-amzn-errortype": code });
  const type = status < 500 ? "Sender" : "Receiver";
  return xml(
    status,
    `<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>emulated</RequestId></ErrorResponse>`,
  );
}

function xml(status: number, text: string): Answer {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
  return { status, headers: { "content-type": "text/xml", "content-length": body.length }, body };
}
