Feature: The structured report
  Each clinical result can be written as one DICOM structured report in the study of the image, next to an original
  that stays as it was.

  @SYS-007 @SYS-007/AC1 @SRS-029 @SRS-029/AC1 @SRS-030 @SRS-030/AC2 @RC-009
  Scenario: A folder gives one report for each analyzed image
    Given the 16 published radiographs as complete DX images
    And one image more that is refused
    When the device analyzes the folder with reports
    Then there are exactly 16 reports
    And every report is a Comprehensive SR document of template 1500
    And every report references an image of its own by SOP class and instance
    And no two reports share a Series or SOP Instance UID
    And every report is named by the SOP Instance UID of its image

  @SRS-029 @SRS-029/AC2 @SRS-029/AC3 @RC-010
  Scenario Outline: The report says what the result says
    Given the published radiograph <picture> as a complete DX image
    When the device analyzes it with reports
    Then the report names the algorithm Clearway paediatric-reference in the version of the release
    And the report states the release digest of the result
    And the report states the threshold of the result
    And the report states the score of the result
    And the report states the finding of the result
    And the report states the digest of the weights
    And the report names the version of the software
    And the report was observed by the device Clearway and tracks the image
    And the report is complete, the first instance of another series than the image's

    Examples:
      | picture                       |
      | NORMAL2-IM-1427-0001.jpeg     |
      | person1946_bacteria_4874.jpeg |

  @SRS-029 @SRS-033 @RC-009
  Scenario Outline: An image that cannot be referenced gets no report
    Given a complete DX radiograph
    And its <keyword> is <value>
    When the device analyzes it with reports
    Then its analysis fails with a reason that says "<keyword>"
    And no report is written

    Examples:
      | keyword           | value   |
      | StudyInstanceUID  | absent  |
      | SeriesInstanceUID | empty   |
      | SOPInstanceUID    | 1.2.x   |

  @SRS-029 @SRS-033
  Scenario: The folder of the reports is made if need be
    Given a complete DX radiograph
    When the device is called with `analyze {file} --output {folder}/of/reports`
    Then the exit status is 0
    And a report lies in of/reports with the permissions -rw-r--r--

  @SRS-044 @SRS-044/AC1
  Scenario Outline: Who may read a report, the umask of the process says
    Given a complete DX radiograph
    And the umask of the process is <umask>
    When the device is called with `analyze {file} --output {folder}/reports`
    Then the exit status is 0
    And a report lies in reports with the permissions <permissions>

    Examples:
      | umask | permissions |
      | 077   | -rw-------  |
      | 027   | -rw-r-----  |

  @SRS-044 @SRS-044/AC2
  Scenario: What a killed run left is swept, what a run is writing is not
    Given a complete DX radiograph
    And the folder of the reports holds what a killed run left, and what another run is writing
    When the device analyzes it with reports
    Then the exit status is 0
    And of the unfinished reports the other run's alone is left

  @SRS-044 @SRS-044/AC3
  Scenario Outline: No message quotes a birth date
    Given a complete DX radiograph
    And its PatientAge is absent
    And its PatientBirthDate is <birth>
    When the device judges it
    Then it is refused with the single reason AGE_UNPARSABLE on PatientAge of SRS-016
    And the output does not say "<birth>"

    Examples:
      | birth      |
      | 18010203   |
      | 2021.03.01 |
      | 20280301   |

  @SRS-029 @SRS-029/AC4
  Scenario Outline: The report has the time zone that the image states
    Given a complete DX radiograph
    And its TimezoneOffsetFromUTC is <stated>
    When the device analyzes it with reports
    Then the report was made now in the time zone <zone>

    Examples:
      | stated | zone  |
      | +0900  | +0900 |
      | -0330  | -0330 |
      | absent | none  |
      | 99     | none  |

  @SRS-029 @SRS-029/AC4
  Scenario: The report is shown whole by readers that go by its containers
    Given a complete DX radiograph
    When the device analyzes it with reports
    Then every container of the report holds its items separately

  @SRS-030 @SRS-030/AC1 @RC-009
  Scenario Outline: The report carries the identity as it stands, however the image is encoded
    Given a complete DX radiograph
    And its SpecificCharacterSet is <charset>
    And its PatientName is <name>
    And it is encoded in <uid>, <encoding>
    When the device analyzes it with reports
    Then the report has the patient and the study of the image, byte for byte
    And the report is encoded in <uid>

    Examples:
      | charset    | name             | uid                 | encoding                  |
      | ISO_IR 192 | Müller^Žofie     | 1.2.840.10008.1.2   | Implicit VR Little Endian |
      | ISO_IR 192 | Müller^Žofie     | 1.2.840.10008.1.2.1 | Explicit VR Little Endian |
      | absent     | Müller^Žofie     | 1.2.840.10008.1.2   | Implicit VR Little Endian |
      | absent     | Müller^Žofie     | 1.2.840.10008.1.2.1 | Explicit VR Little Endian |
      | ISO_IR 13  | Müller^Žofie     | 1.2.840.10008.1.2   | Implicit VR Little Endian |
      | ISO_IR 13  | Müller^Žofie     | 1.2.840.10008.1.2.1 | Explicit VR Little Endian |

  @SRS-030 @SRS-030/AC1 @SRS-030/AC3 @RC-009
  Scenario Outline: The report carries the identity of the image exactly
    Given a complete DX radiograph
    And its SpecificCharacterSet is <charset>
    And its PatientName is <name>
    And its PatientID is <id>
    And its IssuerOfPatientID is <issuer>
    And its PatientSex is <sex>
    And its AccessionNumber is <accession>
    When the device analyzes it with reports
    Then the report has the patient and the study of the image, byte for byte
    And the report references the image by its SOP class and instance
    And the Series and SOP Instance UIDs of the report are new

    Examples:
      | charset    | name                        | id         | issuer | sex   | accession |
      | ISO_IR 192 | Test^Radiograph             | TEST-1     | absent | O     | A1        |
      | ISO_IR 192 | Müller^Žofie^^Dr.           | 0012       | SITE-A | F     | empty     |
      | ISO_IR 192 | Wang^XiaoDong=王^小东       | 12 34      | SITE-B | M     | 00017     |
      | ISO_IR 192 | empty                       | empty      | absent | empty | empty     |
      | absent     | O'Neil^A.                   | a/b#c      | absent | O     | 1-2-3     |

  @SYS-008 @SYS-008/AC1 @SRS-032 @SRS-032/AC1 @SRS-032/AC3 @RC-011
  Scenario: The printed result carries the statement of use
    Given the 16 published radiographs as complete DX images
    When the device analyzes the folder for people to read
    Then the output says "For prioritization only, not for diagnostic use; an unflagged image is not a normal image."

  @SRS-032 @SRS-032/AC2 @SRS-032/AC3 @RC-011
  Scenario: The report carries the statement of use
    Given a complete DX radiograph
    When the device analyzes it with reports
    Then the report says "For prioritization only, not for diagnostic use; an unflagged image is not a normal image."

  @SYS-009 @SYS-009/AC1 @SRS-033 @SRS-033/AC1 @RC-012
  Scenario: The images stay as they were
    Given the 16 published radiographs as complete DX images
    And one image more that is refused
    When the device analyzes the folder with reports
    Then every input file has the digest that it had before
    And the folder of the images holds no other file than before

  @SRS-033 @RC-012
  Scenario: A report does not replace the image itself
    Given a complete DX radiograph
    And its file lies where its report would be written
    When the device analyzes it with reports
    Then its analysis fails with a reason that says "is the analyzed image itself"
    And every input file has the digest that it had before

  @SRS-033 @RC-012
  Scenario: A later run replaces the report of an earlier one
    Given a complete DX radiograph
    When the device analyzes it with reports
    And the device analyzes it with reports
    Then the exit status is 0
    And there is exactly 1 report
    And every report is named by the SOP Instance UID of its image

  @SRS-033 @SRS-033/AC3 @RC-012
  Scenario: A second image with the same identifier does not replace the report on the first
    Given the folder holds a radiograph and another one with its SOP Instance UID
    When the device analyzes the folder with reports
    Then the outcomes are:
      | file      | outcome  |
      | first.dcm | analyzed |
      | next.dcm  | failed   |
    And the message of next.dcm says "which another image of this run has"
    And the report states the score of first.dcm
    And the exit status is 4

  @SRS-033 @SRS-033/AC2 @RC-012
  Scenario: A report that cannot be written leaves nothing behind
    Given a complete DX radiograph
    And a file stands where the folder of the reports should be
    When the device analyzes it with reports
    Then its analysis fails with a reason that says "cannot be written"
    And the exit status is 4
    And no report is written

  @SRS-033 @SRS-033/AC2 @RC-012
  Scenario: A report that a full disk breaks off leaves nothing behind
    Given a complete DX radiograph
    When the device analyzes it with reports, able to write 1000 bytes to a file
    Then its analysis fails with a reason that says "cannot be written"
    And no report is written
