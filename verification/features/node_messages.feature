Feature: Messages of a node
  Where a site configures it, the result of a study also goes to an information system as a message of HL7 version 2.
  What becomes of the message changes nothing of what the archive gets.

  @SRS-061/AC1 @SRS-061 @SRS-060 @RC-027
  Scenario: A message says what the report says
    Given a DICOM node with an archive
    And a receiver of messages
    And the study of a published radiograph with pneumonia and one without
    When the images are sent to the node
    And the node has done its work
    And the node sends its messages
    Then the receiver keeps 1 message and was sent 1
    And the message says FLAGGED with the status R
    And the message says what the report says
    And the node has no message that waits

  @SRS-061/AC1 @SRS-061 @RC-027
  Scenario: Not analyzed, with every reason
    Given a DICOM node with an archive
    And a receiver of messages
    And a complete DX radiograph
    And its PatientAge is 040Y
    And its PatientBirthDate is absent
    And its BurnedInAnnotation is YES
    When the image is sent to the node
    And the node has done its work
    And the node sends its messages
    Then the message says NOT_ANALYZED with the status X and the reasons AGE and BURNED_IN

  @SRS-061/AC2 @SRS-061 @RC-027
  Scenario Outline: Identifiers are told as they are, whatever separates the parts of a message
    Given a DICOM node with an archive
    And a receiver of messages
    And a complete DX radiograph
    And its <keyword> is <value>
    When the image is sent to the node
    And the node has done its work
    And the node sends its messages
    Then the message is of the patient, the order and the study of the image

    Examples:
      | keyword         | value       |
      | AccessionNumber | A^1&2~3     |
      | PatientID       | ^P&1~       |
      | PatientName     | A&B~C^D     |

  @SRS-061/AC3 @SRS-061 @RC-027
  Scenario: A message says no more than that
    Given a DICOM node with an archive
    And a receiver of messages
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the node sends its messages
    Then the message states no priority and marks nothing as abnormal or not
    And the message says that its release is one of reference, for training

  @SRS-060/AC1 @SRS-060 @RC-027
  Scenario: A message that is refused is sent again
    Given a DICOM node with an archive
    And a receiver of messages
    And the receiver first answers AE and AR
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the node sends its messages
    And the node sends its messages
    And the node sends its messages
    And the node sends its messages
    Then the receiver keeps 1 message and was sent 3
    And what was sent again was the same, byte for byte
    And the record tells of "message failed" before "message delivered"

  @SRS-060/AC2 @SRS-060 @RC-027
  Scenario: A message whose acknowledgment was lost is there once
    Given a DICOM node with an archive
    And a receiver of messages
    And the receiver hangs up once before it answers
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the node sends its messages
    And the node sends its messages
    And the node sends its messages
    Then the receiver keeps 1 message and was sent 2
    And what was sent again was the same, byte for byte

  @SRS-060/AC3 @SRS-060 @SRS-051 @SRS-052
  Scenario: The archive gets its results while nobody takes the message
    Given a DICOM node with an archive
    And a receiver of messages
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the node sends its messages while the receiver is away
    Then the archive holds 1 report and 1 page of the study
    And the node holds no pixels
    And the record tells of "delivered" before "message failed"
    When the longest wait is over
    Then the node says that it is not well: "a message has not been acknowledged"
    When the node sends its messages
    Then the receiver keeps 1 message and was sent 1

  @SRS-060/AC4 @SRS-060 @RC-027
  Scenario: The newest result of a study is the only one that is told
    Given a DICOM node with an archive
    And a receiver of messages
    And the study of a published radiograph with pneumonia and one without
    When its first image is sent to the node
    And the node has done its work
    And the node sends its messages while the receiver is away
    And its second image is sent to the node
    And the node has done its work
    And the node sends its messages
    Then the receiver keeps 1 message and was sent 1
    And the message says what the report says
    And the record tells of "message replaced" before "message delivered"

  @SRS-060/AC5 @SRS-060 @SRS-048
  Scenario: Without a receiver no message is made
    Given a DICOM node with an archive
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    Then the archive holds 1 report and 1 page of the study
    And the node has no message that waits

  @SRS-060/AC5 @SRS-060 @SRS-048
  Scenario: A receiver by TLS needs certificates
    Given a DICOM node with an archive
    And a receiver of messages
    And the node's hl7.tls is true
    Then its configuration is refused, naming hl7.tls
