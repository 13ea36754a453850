Feature: Audit messages of a node
  Where a site configures it, a collector is told what the record of the node holds, line by line, over TLS.

  @SRS-062/AC1 @SRS-062
  Scenario: A study is told of by its identifiers
    Given a DICOM node with an archive
    And a collector of audit messages
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the node tells the collector
    Then the collector was told of "DICOM Instances Transferred, create" 3 times and of "DICOM Instances Accessed, delete" 1 time
    And every audit message of these names the study and the patient of the image

  @SRS-062/AC1 @SRS-062
  Scenario: A stranger is told of
    Given a DICOM node with an archive
    And a collector of audit messages
    And a complete DX radiograph
    When the image is sent to the node by STRANGER
    And the node tells the collector
    Then the collector was told of "Security Alert: Node Authentication, execute, minor failure" 1 time

  @SRS-062/AC2 @SRS-062
  Scenario Outline: Lines are told in their order, and again where it is not known whether they were read
    Given a DICOM node with an archive
    And a collector of audit messages
    And the collector breaks off <resets> times
    And a complete DX radiograph
    When the image is sent to the node
    And the node has done its work
    And the node tells the collector
    And the node tells the collector
    And the node tells the collector
    Then the collector was told every line in its order, and the first <again> times again

    Examples:
      | resets | again |
      | 0      | 0     |
      | 2      | 2     |

  @SRS-062/AC3 @SRS-062 @SRS-051
  Scenario: The archive gets its results while nobody collects
    Given a DICOM node with an archive
    And a collector of audit messages
    And a complete DX radiograph
    When the image is sent to the node
    And the node tells the collector while nobody collects
    And the node has done its work
    Then the archive holds 1 report and 1 page of the study
    And the node holds no pixels
    When the longest wait is over
    Then the node says that it is not well: "a line of the record has not been told"
    When the node tells the collector
    Then the collector was told every line in its order, and the first 0 times again

  @SRS-062/AC4 @SRS-062
  Scenario: Whoever is not the collector is told nothing
    Given a DICOM node with an archive
    And a collector of audit messages
    And the collector has a certificate of another authority
    And a complete DX radiograph
    When the image is sent to the node
    And the node tells the collector
    Then the collector was told nothing
    And the record tells of "received" before "audit failed"

  @SRS-062/AC5 @SRS-062 @SRS-048
  Scenario Outline: A collector needs certificates that are there
    Given a DICOM node with an archive
    And a collector of audit messages
    And the node's <key> is <value>
    Then its configuration is refused, naming <key>

    Examples:
      | key              | value       |
      | audit.key        | nowhere.key |
      | audit.port       | 0           |
